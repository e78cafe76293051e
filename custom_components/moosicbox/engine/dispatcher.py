"""Dispatches messages to their handlers: a table of models, permissions, rate limits and handlers."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from functools import partial
import logging
from types import CoroutineType
from typing import Any, NamedTuple

import msgspec

from .access.limiter import LimitClass, Limiter, Refusal, TokenBucket, UserLimiters
from .delivery.frame import Frame
from .limits import Limits, SharedLimits
from .metrics import Metrics
from .protocol.client import Request
from .protocol.codec import Codec, Decoded, encode, encode_done, encode_error, free_fields
from .protocol.errors import HubError, InternalError, NotSupported, RateLimitExceeded, Unavailable, UnknownType
from .protocol.portable import require_portable
from .protocol.server import Result, ServerMessage
from .sessions.answers import Reply
from .sessions.session import Actor, Incoming, Session

_LOGGER = logging.getLogger(__name__)

type Outcome = Mapping[str, object] | ServerMessage | ResultThen | None
"""The data of the result, or a message that takes the place of the result."""
type Handler[M: Request] = Callable[[Actor, M], Outcome | Coroutine[Any, Any, Outcome]]


class ResultThen(NamedTuple):
    """A result, and an action to run right after its answer was sent."""

    data: Mapping[str, object]
    then: Callable[[], None]


class Row(NamedTuple):
    """A message type. A message without a handler is answered by `not_supported`."""

    model: type[Request]
    permission: str | None
    handler: Handler[Any] | None
    limit: LimitClass
    target_decides: bool = False
    """True if the handler checks the permission, because a room's rights may replace it."""
    free_fields: tuple[str, ...] = ()
    """The fields that hold free JSON, which must be portable."""


def _nothing() -> None:
    """Do nothing."""


class _Answer(msgspec.Struct, frozen=True):
    frame: Frame | None
    keep: bool = True
    """True if the answer is stored for repeated requests."""
    then: Callable[[], None] = _nothing


class Dispatcher:
    """Executes messages; those of one session in order, one at a time."""

    def __init__(self, limits: SharedLimits, metrics: Metrics, close_flooding: Callable[[Session], None]) -> None:
        """`close_flooding` closes the connection of a client that exceeds its rate limits repeatedly."""
        self._limits = limits
        self.user_limiters = UserLimiters(limits.current)
        limits.changed.subscribe(self._limits_changed)
        self._metrics = metrics
        self._close_flooding = close_flooding
        self.codec = Codec()
        self._rows: dict[type[Request], Row] = {}

    @property
    def rows(self) -> Collection[Row]:
        """The registered message types."""
        return self._rows.values()

    def register[M: Request](
        self,
        model: type[M],
        handler: Handler[M] | None,
        permission: str | None = None,
        limit: LimitClass = "control",
        *,
        target_decides: bool = False,
    ) -> Callable[[], None]:
        """Register a message type.

        Args:
            model: The message's model.
            handler: Executes the message: returns its result or a coroutine; raises HubError. `None`: not supported.
            permission: The permission that the sender needs.
            limit: The class of rate limits that the message counts for.
            target_decides: True if the handler checks the permission, because a room's rights may replace it.

        Returns:
            A function that removes the message type again.

        """
        self.codec.register(model)
        self._rows[model] = Row(model, permission, handler, limit, target_decides, free_fields(model))

        def unregister() -> None:
            self.codec.unregister(model)
            self._rows.pop(model, None)

        return unregister

    async def execute[R](self, actor: Actor, message: Request[R]) -> R:
        """Execute `message` and return its result. Raise HubError."""
        outcome: Any = self._call_handler(actor, message)
        if type(outcome) is CoroutineType:
            outcome = await outcome
        if isinstance(outcome, ResultThen):
            outcome.then()
            outcome = outcome.data
        result: R = outcome
        return result

    def receive(self, session: Session, decoded: Decoded, received_us: int, reply: Reply | None = None) -> None:
        """Execute a message of a client, after those that it sent before; `reply` is called once with the answer."""
        row = self._rows.get(type(decoded.message)) if decoded.message is not None else None
        limit = "control" if row is None else row.limit
        per_session, per_user = session.limiters or self._limiters(session)
        size = decoded.size
        refusal = per_session.consume(limit, size, received_us) or per_user.consume(limit, size, received_us)
        if refusal is not None:
            self._refuse(session, Incoming(decoded, received_us, reply or session.answer), refusal)
        elif session.task is None:
            self._execute(session, decoded, received_us, reply or session.answer)
        elif len(session.inbox) < self._limits.current.inbound_messages:
            session.inbox += (Incoming(decoded, received_us, reply or session.answer),)
        else:
            full = Refusal("inbox", self._limits.current.messages_per_minute, 1.0)
            self._refuse(session, Incoming(decoded, received_us, reply or session.answer), full)

    def _limits_changed(self, limits: Limits) -> None:
        self.user_limiters = UserLimiters(limits)

    def _limiters(self, session: Session) -> tuple[Limiter, Limiter]:
        session.limiters = limiters = Limiter(self._limits.current), self.user_limiters[session.principal.sub]
        return limiters

    def _refuse(self, session: Session, incoming: Incoming, refusal: Refusal) -> None:
        self._metrics.refusals[refusal.limit_class] += 1
        error = RateLimitExceeded(refusal.per_minute, refusal.retry_after)
        incoming.reply(Frame(encode_error(error, incoming.decoded.request_id)))
        if session.refusals is None:
            session.refusals = TokenBucket(
                self._limits.current.refusals / self._limits.current.refusal_window, self._limits.current.refusals
            )
        if session.refusals.consume(incoming.received_us):
            self._close_flooding(session)

    def _call_handler(self, actor: Actor, message: Request | None, error: HubError | None = None) -> Any:
        if message is None:
            raise error or InternalError("The message was not decoded")
        if (row := self._rows.get(type(message))) is None:
            raise UnknownType("This hub no longer supports this message")
        if row.permission is not None and not row.target_decides:
            actor.principal.require(row.permission)
        for name in row.free_fields:
            require_portable(getattr(message, name), [name])
        if row.handler is None:
            raise NotSupported("This hub doesn't support that")
        return row.handler(actor, message)

    def _execute(self, session: Session, decoded: Decoded, received_us: int, reply: Reply) -> None:
        request_id = decoded.request_id
        if request_id is not None and session.answers.answer_repeated(request_id, received_us, reply):
            return
        try:
            outcome = self._call_handler(Actor(session.principal, session, received_us), decoded.message, decoded.error)
            if type(outcome) is CoroutineType:
                if request_id is not None:
                    session.answers.start(request_id, reply)
                incoming = Incoming(decoded, received_us, reply)
                session.task = asyncio.ensure_future(self._finish(session, incoming, outcome))
                session.task.add_done_callback(partial(self._handle_done, session, incoming, outcome))
                return
            answer = self._result(request_id, outcome)
        except Exception as fault:  # noqa: BLE001 - a failing handler must not end the connection
            answer = self._error(decoded, fault)
        if request_id is not None and answer.keep:
            session.answers.store(request_id, answer.frame)
        reply(answer.frame)
        answer.then()

    async def _finish(self, session: Session, incoming: Incoming, outcome: Awaitable[Any]) -> None:
        request_id = incoming.decoded.request_id
        try:
            answer = self._result(request_id, await outcome)
        except Exception as fault:  # noqa: BLE001 - a failing handler must not end the connection
            answer = self._error(incoming.decoded, fault)
        session.task = None
        if request_id is None:
            incoming.reply(answer.frame)
        else:
            session.answers.finish(request_id, answer.frame, keep=answer.keep)
        answer.then()
        while session.inbox and session.task is None:
            first, session.inbox = session.inbox[0], session.inbox[1:]
            self._execute(session, *first)

    def _handle_done(
        self, session: Session, incoming: Incoming, outcome: CoroutineType[Any, Any, Any], task: asyncio.Task[None]
    ) -> None:
        if task.cancelled():
            # A task that is cancelled before its first step executes nothing of `_finish`.
            outcome.close()
            session.task = None
            self._abandon(session, incoming)

    def _abandon(self, session: Session, running: Incoming) -> None:
        # Later messages of the session fail, too: they must not be executed before this one is repeated.
        waiting, session.inbox = session.inbox, ()
        answer = self._error(running.decoded, Unavailable("This was cancelled; it may have been executed in part"))
        if running.decoded.request_id is not None:
            session.answers.finish(running.decoded.request_id, answer.frame, keep=False)
        else:
            running.reply(answer.frame)
        for incoming in waiting:
            incoming.reply(self._error(incoming.decoded, Unavailable("An earlier message was cancelled")).frame)

    def _result(self, request_id: str | None, outcome: Any) -> _Answer:
        if outcome is None:
            return _Answer(None if request_id is None else Frame(encode_done(request_id)))
        then = _nothing
        if type(outcome) is ResultThen:
            outcome, then = outcome
        if type(outcome) is not dict:
            return _Answer(Frame(encode(outcome)), then=then)
        if request_id is None:
            return _Answer(None, then=then)
        return _Answer(Frame(encode(Result(request_id=request_id, data=outcome))), then=then)

    def _error(self, decoded: Decoded, fault: Exception) -> _Answer:
        if not isinstance(fault, HubError):
            _LOGGER.error("Handling %s failed", type(decoded.message).__name__, exc_info=fault)
            fault = InternalError("The hub failed; its log has the details")
        return _Answer(Frame(encode_error(fault, decoded.request_id)), keep=not fault.retryable)
