"""Answers by request id, kept for a while so that a repeated request executes nothing again. No I/O."""

from collections import OrderedDict
from typing import Final

RUNNING: Final = b""
"""Stands for an answer that isn't there yet."""


class Answers:
    """The requests of one session in the order in which they came."""

    __slots__ = ("_answers", "_keep_us", "_max")

    def __init__(self, keep_seconds: float, max_answers: int) -> None:
        """Keeps at most `max_answers`, each for `keep_seconds`."""
        self._keep_us = int(keep_seconds * 1e6)
        self._max = max_answers
        self._answers: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def begin(self, request_id: str, now_us: int) -> bytes | None:
        """None for a new request; RUNNING or the stored answer for one that was seen."""
        answers = self._answers
        while answers:
            at_us, _ = next(iter(answers.values()))
            if len(answers) < self._max and at_us >= now_us - self._keep_us:
                break
            answers.popitem(last=False)
        if (seen := answers.get(request_id)) is not None:
            return seen[1]
        answers[request_id] = (now_us, RUNNING)
        return None

    def finish(self, request_id: str, answer: bytes) -> None:
        """Keep the answer of a running request."""
        if (seen := self._answers.get(request_id)) is not None:
            self._answers[request_id] = (seen[0], answer)

    def forget(self, request_id: str) -> None:
        """Let the request be made again."""
        self._answers.pop(request_id, None)
