"""Answers by request id, kept for a while so that a repeated request executes nothing again. No I/O."""

from collections.abc import Callable

from ..delivery.frame import Frame

type Reply = Callable[[Frame | None], None]
"""Takes a message's answer; None: it has none."""


class _Running:
    """A request without an answer yet, and who waits for it."""

    __slots__ = ("waiting",)

    def __init__(self, reply: Reply) -> None:
        self.waiting: dict[Reply, None] = {reply: None}


class Answers:
    """The requests of one session, in two generations: when the younger one is old or full, the older one goes."""

    __slots__ = ("_born_us", "_bytes", "_keep_us", "_max", "_max_bytes", "_older", "_younger", "kept")

    def __init__(self, keep_seconds: float, max_answers: int, max_bytes: int) -> None:
        """Keeps each answer for `keep_seconds` at least, unless there are more than `max_answers` or `max_bytes`."""
        self.kept: Callable[[str, bytes], None] | None = None
        """Hears of each answer that is kept."""
        self._keep_us = int(keep_seconds * 1e6)
        self._max = max_answers // 2
        self._max_bytes = max_bytes // 2
        self._bytes = 0
        """Of the younger generation."""
        self._born_us: int | None = None
        # Answers as plain bytes, empty for none: thousands of objects would be a burden to the garbage collector.
        self._younger: dict[str, bytes | _Running] = {}
        self._older: dict[str, bytes | _Running] = {}

    def seen(self, request_id: str, now_us: int, reply: Reply) -> bool:
        """Whether a request was made before; then it is answered again, or with the first one when that is done."""
        if self._born_us is None:
            self._born_us = now_us
        elif (
            now_us - self._born_us > self._keep_us or len(self._younger) >= self._max or self._bytes >= self._max_bytes
        ):
            # What still runs is remembered until it is done.
            oldest, self._older, self._younger = self._older, self._younger, {}
            self._younger.update((key, answer) for key, answer in oldest.items() if isinstance(answer, _Running))
            self._born_us, self._bytes = now_us, 0
        for generation in (self._younger, self._older):
            if request_id in generation:
                if isinstance(answer := generation[request_id], _Running):
                    answer.waiting[reply] = None
                else:
                    reply(Frame(answer) if answer else None)
                return True
        return False

    def start(self, request_id: str, reply: Reply) -> None:
        """A new request whose answer will take a while."""
        self._younger[request_id] = _Running(reply)

    def finish(self, request_id: str, frame: Frame | None, *, keep: bool = True) -> None:
        """The answer to a started request, for all who asked; without `keep` the request may be made again."""
        for generation in (self._younger, self._older):
            if isinstance(running := generation.get(request_id), _Running):
                del generation[request_id]
                if keep:
                    self.keep(request_id, frame)
                for reply in running.waiting:
                    reply(frame)

    def keep(self, request_id: str, frame: Frame | None) -> None:
        """Remember an answer that was given at once."""
        self._younger[request_id] = payload = frame.payload if frame else b""
        self._bytes += len(payload)
        if self.kept is not None:
            self.kept(request_id, payload)
