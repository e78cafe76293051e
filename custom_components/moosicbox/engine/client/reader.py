"""Reads the frames of a link: matches answers with their requests, tracks the session's positions, and emits the rest."""

import asyncio
import logging
from typing import Any, Final

import msgspec

from ..protocol.client import Request, Subscribe, Unsubscribe
from ..protocol.errors import HubError, SerializationFailed
from ..protocol.server import Goodbye, Result, Subscribed, Unsubscribed
from ..protocol.types import Position
from ..signals import Signal
from .heartbeat import Heartbeat
from .link import Link, LinkClosed
from .messages import ErrorMessage, Message, UnknownMessage, decode, topic_and_offset
from .pending import PendingRequests
from .reconnect import Ending
from .session import Delivery, SessionState

_LOGGER = logging.getLogger(__name__)

YIELD_EVERY: Final = 50
"""Messages handled in a row before other tasks of the event loop run."""


class FrameReader:
    """The incoming side of a connection.

    Attributes:
        received: Emitted for each message that answers no request, in order and without duplicates.
        goodbye: The current link's `goodbye`, or `None`.
        last_error: The current link's last `error` that answered no request, or `None`.
    """

    def __init__(self, session: SessionState, pending: PendingRequests, heartbeat: Heartbeat) -> None:
        self.received: Signal[Message] = Signal()
        self.goodbye: Goodbye | None = None
        self.last_error: HubError | None = None
        self._session = session
        self._pending = pending
        self._heartbeat = heartbeat

    def reset(self) -> None:
        """Forget the `goodbye` and the error of the previous link."""
        self.goodbye = self.last_error = None

    async def run(self, link: Link) -> None:
        """Read until the link ends.

        Raises:
            LinkClosed: The link ended, or a numbered message is missing, so that the session has to be resumed.
        """
        handled = 0
        while True:
            payload = await link.receive()
            self._heartbeat.record_activity()
            try:
                message = decode(payload)
            except SerializationFailed as error:
                _LOGGER.warning("%s", error)
                continue
            if (answered := self._pending.resolve(message)) is None:
                self._handle(message)
            elif isinstance(message, Result):
                self._update_topics(answered.message, message.data)
            handled += 1
            if handled % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def _handle(self, message: Message) -> None:
        match message:
            case Goodbye():
                self.goodbye = message
            case ErrorMessage():
                self.last_error = message.error
            case Subscribed():
                self._session.add(message.positions)
            case Unsubscribed():
                self._session.remove(message.topics)
            case UnknownMessage():
                _LOGGER.debug("Unknown message type %s", message.type)
        if (numbered := topic_and_offset(message)) is not None:
            delivery = self._session.receive(*numbered)
            if delivery is Delivery.REPEAT:
                return
            if delivery is Delivery.GAP:
                raise LinkClosed(Ending(reason=f"a message of {numbered[0]} is missing"))
        self.received.emit(message)

    def _update_topics(self, request: Request, data: Any) -> None:
        # Here and not in the requesting task: the topics' first messages may follow immediately.
        match request:
            case Subscribe():
                self._session.add(msgspec.convert(data["positions"], dict[str, Position]))
            case Unsubscribe():
                self._session.remove(request.topics)
