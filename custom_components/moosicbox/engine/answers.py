"""Answers by request id, kept for a while so that a repeated request executes nothing again. No I/O."""

from collections import OrderedDict
from collections.abc import Callable

from .frame import Frame

type Reply = Callable[[Frame | None], None]
"""Takes a message's answer; None: it has none."""


class _Answer:
    __slots__ = ("at_us", "frame", "waiting")

    def __init__(self, at_us: int, reply: Reply) -> None:
        self.at_us = at_us
        self.frame: Frame | None = None
        self.waiting: dict[Reply, None] | None = {reply: None}


class Answers:
    """The requests of one session in the order in which they came."""

    __slots__ = ("_answers", "_keep_us", "_max")

    def __init__(self, keep_seconds: float, max_answers: int) -> None:
        """Keeps at most `max_answers`, each for `keep_seconds`."""
        self._keep_us = int(keep_seconds * 1e6)
        self._max = max_answers
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    def begin(self, request_id: str, now_us: int, reply: Reply) -> bool:
        """True for a new request. One that was seen is answered again, or with the first one when that is done."""
        answers = self._answers
        oldest_us = now_us - self._keep_us
        while answers:
            oldest = next(iter(answers.values()))
            if len(answers) < self._max and (oldest.at_us >= oldest_us or oldest.waiting is not None):
                break
            answers.popitem(last=False)
        if (seen := answers.get(request_id)) is None:
            answers[request_id] = _Answer(now_us, reply)
            return True
        if seen.waiting is None:
            reply(seen.frame)
        else:
            seen.waiting[reply] = None
        return False

    def finish(self, request_id: str, frame: Frame | None, *, keep: bool = True) -> None:
        """Give the answer to all who asked; without `keep` the request may be made again."""
        if (answer := self._answers.get(request_id)) is None or answer.waiting is None:
            return
        waiting, answer.waiting, answer.frame = answer.waiting, None, frame
        if not keep:
            del self._answers[request_id]
        for reply in waiting:
            reply(frame)
