"""Answers to requests and requests in progress, stored for the next leader."""

from collections import Counter
from collections.abc import Callable
from functools import partial
import itertools

from ..hub import Hub
from ..sessions.session import Session
from .journal import Journal
from .wire import ForwardedMessage, pack


class StoredRequests:
    """Stores answers by request id, within the same bounds as a session, and requests that take a while."""

    def __init__(self, hub: Hub, journal: Journal) -> None:
        self._hub = hub
        self._journal = journal
        self._answers: dict[str, dict[str, tuple[int, int]]] = {}
        """Hub time and size in bytes of each stored answer, by session and field."""
        self._bytes: Counter[str] = Counter()
        self._pending: dict[str, set[str]] = {}
        self._numbers = itertools.count()

    def watch(self, session: Session) -> None:
        """Store the answers to requests of `session` from now on."""
        session.answers.on_stored = partial(self._store_answer, session.session_id)

    def record_answer(self, session_id: str, field: str, payload: bytes) -> None:
        """Record that an answer is stored in `field`, and delete the oldest answers that are out of bounds."""
        limits, now_us = self._hub.limits, self._hub.clock.now_us()
        answers = self._answers.setdefault(session_id, {})
        answers[field] = now_us, len(payload)
        self._bytes[session_id] += len(payload)
        oldest_us = now_us - int(limits.stored_answers_seconds * 1e6)
        while (first := next(iter(answers))) != field and (
            answers[first][0] < oldest_us
            or len(answers) > limits.stored_answers
            or self._bytes[session_id] > limits.stored_answer_bytes
        ):
            self._bytes[session_id] -= answers.pop(first)[1]
            self._journal.set_field("answers", first, None)

    def add_pending(self, session: Session, edge: str, message: ForwardedMessage) -> Callable[[], None]:
        """Store a request that isn't answered at once, so that the next leader can answer it with an error.

        Return a function to call when it is answered.
        """
        field = f"{edge}/{message.connection}/{next(self._numbers)}"
        self._journal.set_field("pending", field, pack([message]))
        fields = self._pending.setdefault(session.session_id, set())
        fields.add(field)

        def remove() -> None:
            self._journal.set_field("pending", field, None)
            fields.discard(field)

        return remove

    def forget_session(self, session: Session) -> None:
        """Delete the stored answers and requests of a session that has ended."""
        for field in self._answers.pop(session.session_id, {}):
            self._journal.set_field("answers", field, None)
        del self._bytes[session.session_id]
        for field in self._pending.pop(session.session_id, ()):
            self._journal.set_field("pending", field, None)

    def clear(self) -> None:
        """Forget everything, because nothing is stored any more."""
        self._answers.clear()
        self._bytes.clear()
        self._pending.clear()

    def _store_answer(self, session_id: str, request_id: str, payload: bytes) -> None:
        field = f"{session_id}/{request_id}"
        self._journal.set_field("answers", field, payload)
        self.record_answer(session_id, field, payload)
