"""The hub's table: from a message to its model, the right that it needs and the handler that does it."""

import asyncio
from collections.abc import Awaitable, Callable
import inspect
import logging
from typing import Any, NamedTuple

from .frame import Frame
from .limits import Limits
from .protocol.client import Request
from .protocol.codec import Codec, Decoded, encode, encode_error
from .protocol.errors import HubError, InternalError, NotSupported, RateLimitExceeded
from .protocol.server import Result, ServerMessage
from .session import Actor, Session

_LOGGER = logging.getLogger(__name__)

type Handler[M: Request] = Callable[[Actor, M], Any | Awaitable[Any]]
"""Returns the result's data, or a message that stands in for the result."""


class Followed(NamedTuple):
    """A result, and what happens right behind its answer."""

    data: Any
    then: Callable[[], None]


class Row(NamedTuple):
    """One kind of message. Without a handler the hub knows it, but can't do it."""

    model: type[Request]
    permission: str | None
    handler: Handler[Any] | None


class Dispatcher:
    """Executes messages, in a session one after the other."""

    def __init__(self, limits: Limits, now_us: Callable[[], int]) -> None:
        """An empty table."""
        self.limits = limits
        self.codec = Codec()
        self._rows: dict[type[Request], Row] = {}
        self._now_us = now_us

    def register[M: Request](self, model: type[M], handler: Handler[M] | None, permission: str | None = None) -> None:
        """Add a message type: its model, the permission that it needs, what does it."""
        self.codec.register(model)
        self._rows[model] = Row(model, permission, handler)

    async def execute(self, actor: Actor, message: Request) -> Any:
        """Do what `message` says; every door of the hub leads through here. Raises HubError."""
        outcome = self._begin(actor, message)
        if inspect.isawaitable(outcome):
            outcome = await outcome
        if isinstance(outcome, Followed):
            outcome.then()
            return outcome.data
        return outcome

    def receive(self, session: Session, decoded: Decoded, received_us: int) -> None:
        """A client's message: done now, or after those that came before it."""
        if session.task is None:
            self._step(session, decoded, received_us)
        elif len(session.inbox) < self.limits.inbound_messages:
            session.inbox.append((decoded, received_us))
        else:
            error = RateLimitExceeded(self.limits.messages_per_minute, 1.0)
            session.send_frame(Frame(encode_error(error, decoded.request_id)))

    def _begin(self, actor: Actor, message: Request) -> Any:
        row = self._rows[type(message)]
        if row.permission is not None:
            actor.principal.require(row.permission)
        if row.handler is None:
            raise NotSupported("This hub can't do that")
        return row.handler(actor, message)

    def _step(self, session: Session, decoded: Decoded, received_us: int) -> None:
        request_id, message, error = decoded
        if request_id is not None and (seen := session.answers.begin(request_id, received_us)) is not None:
            if seen:
                session.send_frame(Frame(seen))
            return
        if message is None:
            self._answer_error(session, request_id, error or InternalError("Nothing was decoded"))
            return
        try:
            outcome = self._begin(Actor(session.principal, session, received_us), message)
        except HubError as refusal:
            self._answer_error(session, request_id, refusal)
        except Exception as fault:  # noqa: BLE001 - a handler's fault must not end the connection
            self._answer_crash(session, request_id, message, fault)
        else:
            if inspect.isawaitable(outcome):
                session.task = asyncio.ensure_future(self._await(session, request_id, message, outcome))
            else:
                self._answer(session, request_id, outcome)

    async def _await(self, session: Session, request_id: str | None, message: Request, outcome: Awaitable[Any]) -> None:
        try:
            self._answer(session, request_id, await outcome)
        except HubError as refusal:
            self._answer_error(session, request_id, refusal)
        except Exception as fault:  # noqa: BLE001 - a handler's fault must not end the connection
            self._answer_crash(session, request_id, message, fault)
        finally:
            session.task = None
        self._go_on(session)

    def _go_on(self, session: Session) -> None:
        while session.inbox and session.task is None:
            self._step(session, *session.inbox.popleft())

    def _answer(self, session: Session, request_id: str | None, outcome: Any) -> None:
        data = outcome.data if isinstance(outcome, Followed) else outcome
        if not isinstance(data, ServerMessage):
            data = None if request_id is None else Result(request_id=request_id, data={} if data is None else data)
        if data is not None:
            answer = encode(data)
            if request_id is not None:
                session.answers.finish(request_id, answer)
            session.send_frame(Frame(answer))
        if isinstance(outcome, Followed):
            outcome.then()

    def _answer_error(self, session: Session, request_id: str | None, error: HubError) -> None:
        answer = encode_error(error, request_id)
        if request_id is not None:
            if error.retryable:
                session.answers.forget(request_id)
            else:
                session.answers.finish(request_id, answer)
        session.send_frame(Frame(answer))

    def _answer_crash(self, session: Session, request_id: str | None, message: Request, fault: Exception) -> None:
        _LOGGER.error("Handling %s failed", type(message).__name__, exc_info=fault)
        self._answer_error(session, request_id, InternalError("The hub failed; its log says how"))
