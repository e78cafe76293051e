"""Connects a player inside this process to the hub, through the gateway that serves all clients.

Behind the gateway is the hub itself, or the edge of a cluster's node: a speaker is served by the node that it reached.
"""

import asyncio
from collections.abc import Callable
import logging
import secrets
import sys
from typing import Any, Final

import msgspec

from ..access.authentication import Peer
from ..access.rights import SPEAKERS, Principal, speaker_subject
from ..delivery.frame import Frame
from ..metrics import Traffic
from ..protocol.client import Authenticate, ClientInfo, Request
from ..protocol.codec import encode_request
from ..protocol.codes import CloseCode
from ..protocol.errors import ConnectionClosed, HubError
from ..protocol.server import AnnouncementOrder, PlaybackStatus, Prepare, SynchronizedPlayback, VolumeUpdate
from ..sessions.session import Refused
from ..transport.gateway import Gateway, SessionHandle

_LOGGER = logging.getLogger(__name__)

PERMISSIONS: Final = frozenset({"listen", "play", "control"})
RETRY_SECONDS: Final = 1.0
"""Delay before the first new attempt to connect; it doubles up to `MAX_RETRY_SECONDS`."""
MAX_RETRY_SECONDS: Final = 30.0
ANSWER_TIMEOUT: Final = 15.0

type PlayerMessage = SynchronizedPlayback | Prepare | VolumeUpdate | AnnouncementOrder | PlaybackStatus

_decoder: Final[msgspec.json.Decoder[PlayerMessage]] = msgspec.json.Decoder(PlayerMessage)


class HubClient:
    """One player's session. It is opened anew for as long as `run` runs, because a hub may stop and start.

    This is a connection as sessions and outboxes know it; see `sessions.session.Connection` and `delivery.outbox.Sink`.
    """

    transport = "speaker"

    def __init__(self, gateway: Gateway, info: ClientInfo, address: str) -> None:
        """Create a client that isn't connected.

        Args:
            gateway: Where to connect to.
            info: Describes the player.
            address: The speaker's network address.
        """
        self.peer = Peer(address, None)
        self.traffic = Traffic()
        self.outbox = gateway.new_outbox(self, self.traffic)
        self._gateway = gateway
        self._info = info
        self._on_message: Callable[[PlayerMessage], None] = lambda _message: None
        self._session: SessionHandle | None = None
        self._closed = asyncio.Event()

    @property
    def player_id(self) -> str:
        """The player's id."""
        return self._info.player_id or ""

    @property
    def connected(self) -> bool:
        """True while a session is open."""
        return self._session is not None

    async def run(
        self,
        on_opening: Callable[[], None],
        on_connected: Callable[[], None],
        on_message: Callable[[PlayerMessage], None],
    ) -> None:
        """Stay connected until cancelled.

        Args:
            on_opening: Called before each session, whose messages begin with the player's state as the hub knows it.
            on_connected: Called after each welcome.
            on_message: Called with each message for the player.
        """
        self._on_message = on_message
        delay = RETRY_SECONDS
        while True:
            on_opening()
            try:
                await self._open()
            except (Refused, HubError) as error:
                _LOGGER.debug("%s isn't admitted: %s", self._info.name, error)
            else:
                delay = RETRY_SECONDS
                on_connected()
                try:
                    await self._closed.wait()
                finally:
                    self._end()
            await asyncio.sleep(delay)
            delay = min(2 * delay, MAX_RETRY_SECONDS)

    def send(self, message: Request) -> bool:
        """Send a message, and return whether it could be sent. Errors of the hub are logged."""
        return self._send(message, self._log_refusal)

    async def request[R](self, message: Request[R]) -> R:
        """Send a request, and return its result. Raise HubError."""
        answered: asyncio.Future[Frame | None] = asyncio.get_running_loop().create_future()

        def reply(frame: Frame | None) -> None:
            if not answered.done():
                answered.set_result(frame)

        if not self._send(msgspec.structs.replace(message, request_id=secrets.token_hex(8)), reply):
            raise ConnectionClosed("The hub isn't connected")
        async with asyncio.timeout(ANSWER_TIMEOUT):
            frame = await answered
        answer: dict[str, Any] = {} if frame is None else msgspec.json.decode(frame.payload)
        if answer.get("type") == "error":
            raise ConnectionClosed(str(answer.get("message")))
        result: R = answer.get("data")  # type: ignore[assignment]
        return result

    async def _open(self) -> None:
        self._closed.clear()
        self.outbox = self._gateway.new_outbox(self, self.traffic)
        topics = (f"player:{self._info.player_id}",)
        principal = Principal(
            sub=speaker_subject(self.player_id),
            name=self._info.name,
            permissions=PERMISSIONS,
            credential="speaker",
            realm=SPEAKERS,
        )
        self._session = await self._gateway.open(self, Authenticate(client=self._info, subscribe=topics), principal)

    def _send(self, message: Request, reply: Callable[[Frame | None], None]) -> bool:
        if (session := self._session) is None:
            return False
        session.receive(self._gateway.decode(encode_request(message)), self._gateway.clock.now_us(), reply)
        return True

    def _log_refusal(self, frame: Frame | None) -> None:
        if frame is not None and frame.payload.startswith(b'{"type":"error"'):
            _LOGGER.debug("%s: %s", self._info.name, frame.payload.decode())

    def _end(self) -> None:
        session, self._session = self._session, None
        self._gateway.writer.discard(self.outbox)
        self.outbox.close()
        if session is not None:
            session.connection_lost(self, ended=True)

    # ---- called by the hub

    def flush(self) -> bool:
        """Deliver the waiting messages."""
        for frame in self.outbox.pop_frames(sys.maxsize):
            try:
                message = _decoder.decode(frame.payload)
            except msgspec.ValidationError:
                continue  # A message that no player needs.
            self._on_message(message)
        return True

    def overflow(self) -> None:
        """Open the session anew, because too many messages are waiting."""
        self._closed.set()

    def fail(self, error: Exception) -> None:
        """Open the session anew, because a message could not be delivered."""
        self._gateway.log_fault(self.player_id, error)
        self._closed.set()

    def close(self, code: CloseCode, reason: str) -> None:
        """Open the session anew, because the hub has closed this one."""
        _LOGGER.debug("%s was disconnected: %s %s", self._info.name, code, reason)
        self._closed.set()
