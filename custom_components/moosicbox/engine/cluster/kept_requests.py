"""What sessions were answered and what is being done for them, kept so that the next leader knows."""

from collections import Counter
from collections.abc import Callable
from functools import partial
import itertools

from ..hub import Hub
from ..sessions.session import Session
from .journal import Journal
from .wire import ClientMessage, pack


class KeptRequests:
    """Answers by request id, bounded as a session's own are, and requests that take a while."""

    def __init__(self, hub: Hub, journal: Journal) -> None:
        """None yet."""
        self._hub = hub
        self._journal = journal
        self._answers: dict[str, dict[str, tuple[int, int]]] = {}
        """When each answer was given and how many bytes it has, by session."""
        self._bytes: Counter[str] = Counter()
        self._unfinished: dict[str, set[str]] = {}
        self._numbers = itertools.count()

    def watch(self, session: Session) -> None:
        """Keep the answers that `session` gets."""
        session.answers.kept = partial(self._kept, session.session_id)

    def note(self, session_id: str, field: str, payload: bytes) -> None:
        """An answer is kept in `field`; the oldest go where there are too many."""
        limits, now_us = self._hub.limits, self._hub.clock.now_us()
        kept = self._answers.setdefault(session_id, {})
        kept[field] = now_us, len(payload)
        self._bytes[session_id] += len(payload)
        oldest_us = now_us - int(limits.stored_answers_seconds * 1e6)
        while (first := next(iter(kept))) != field and (
            kept[first][0] < oldest_us
            or len(kept) > limits.stored_answers
            or self._bytes[session_id] > limits.stored_answer_bytes
        ):
            self._bytes[session_id] -= kept.pop(first)[1]
            self._journal.write("answers", first, None)

    def begin(self, session: Session, edge: str, says: ClientMessage) -> Callable[[], None]:
        """A request takes a while: should this leader go away before it is done, the next one says so. Call what is returned then."""
        field = f"{edge}/{says.connection}/{next(self._numbers)}"
        self._journal.write("pending", field, pack([says]))
        fields = self._unfinished.setdefault(session.session_id, set())
        fields.add(field)

        def done() -> None:
            self._journal.write("pending", field, None)
            fields.discard(field)

        return done

    def forget(self, session: Session) -> None:
        """The session is over."""
        for field in self._answers.pop(session.session_id, {}):
            self._journal.write("answers", field, None)
        del self._bytes[session.session_id]
        for field in self._unfinished.pop(session.session_id, ()):
            self._journal.write("pending", field, None)

    def clear(self) -> None:
        """Nothing is kept any more."""
        self._answers.clear()
        self._bytes.clear()
        self._unfinished.clear()

    def _kept(self, session_id: str, request_id: str, payload: bytes) -> None:
        field = f"{session_id}/{request_id}"
        self._journal.write("answers", field, payload)
        self.note(session_id, field, payload)
