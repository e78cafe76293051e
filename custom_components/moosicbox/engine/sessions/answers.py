"""Answers by request id, stored for a while so that a repeated request isn't executed again. No I/O."""

from collections.abc import Callable

from ..delivery.frame import Frame

type Reply = Callable[[Frame | None], None]
"""Receives the answer to a message; `None` if there is none."""


class _Running:
    """A request without an answer yet, and the callbacks that wait for it."""

    __slots__ = ("waiting",)

    def __init__(self, reply: Reply) -> None:
        self.waiting: dict[Reply, None] = {reply: None}


class Answers:
    """The answers of one session, in two generations.

    When the younger generation is old or full, the older one is dropped, so that expiry costs nothing per answer.
    """

    __slots__ = ("_born_us", "_bytes", "_keep_us", "_max", "_max_bytes", "_older", "_younger", "on_stored")

    def __init__(self, keep_seconds: float, max_answers: int, max_bytes: int) -> None:
        """Store each answer for at least `keep_seconds`, unless there are more than `max_answers` or `max_bytes`."""
        self.on_stored: Callable[[str, bytes], None] | None = None
        """Called with the request id and the text of each answer that is stored."""
        self._keep_us = int(keep_seconds * 1e6)
        self._max = max_answers // 2
        self._max_bytes = max_bytes // 2
        self._bytes = 0
        """Size of the younger generation."""
        self._born_us: int | None = None
        # Answers are plain bytes, empty for none, because the garbage collector doesn't traverse bytes.
        self._younger: dict[str, bytes | _Running] = {}
        self._older: dict[str, bytes | _Running] = {}

    def answer_repeated(self, request_id: str, now_us: int, reply: Reply) -> bool:
        """Answer a repeated request and return true; return false for a new request.

        If the first one is still being executed, `reply` is called when it is done.
        """
        if self._born_us is None:
            self._born_us = now_us
        elif (
            now_us - self._born_us > self._keep_us or len(self._younger) >= self._max or self._bytes >= self._max_bytes
        ):
            # Running requests are kept until they are done.
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
        """Note a new request that is answered later, by `finish`."""
        self._younger[request_id] = _Running(reply)

    def finish(self, request_id: str, frame: Frame | None, *, keep: bool = True) -> None:
        """Answer a started request and its repetitions; without `keep`, a later repetition is executed again."""
        for generation in (self._younger, self._older):
            if isinstance(running := generation.get(request_id), _Running):
                del generation[request_id]
                if keep:
                    self.store(request_id, frame)
                for reply in running.waiting:
                    reply(frame)

    def store(self, request_id: str, frame: Frame | None) -> None:
        """Store an answer."""
        self._younger[request_id] = payload = frame.payload if frame else b""
        self._bytes += len(payload)
        if self.on_stored is not None:
            self.on_stored(request_id, payload)
