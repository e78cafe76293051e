"""Executes the messages that edges send to the leader."""

from collections.abc import Callable, Iterable, KeysView
import logging

import msgspec

from ..access.authentication import Peer
from ..delivery.frame import Frame
from ..hub import Hub
from ..protocol.client import PlayerReport
from ..protocol.codes import CloseCode
from ..protocol.errors import HubError, InternalError
from ..sessions.session import Refused
from .journal import Journal
from .link import EdgeLink, RemoteConnection
from .stored_requests import StoredRequests
from .wire import (
    Answer,
    AuthenticateToken,
    ClientConnected,
    ClientDisconnected,
    ClockProbe,
    ClockReply,
    CloseConnection,
    Fault,
    Follow,
    ForwardedMessage,
    ResetEdge,
    SessionDropped,
    SessionOpened,
    SessionRefused,
    ToEdge,
    TokenAuthenticated,
    ToLeader,
    Unfollow,
    Unreadable,
    fault_of,
)

_LOGGER = logging.getLogger(__name__)


class Inbox:
    """Executes the messages of edges on the hub, each batch once, and keeps the links to the edges."""

    def __init__(self, hub: Hub, journal: Journal, requests: StoredRequests, commit_soon: Callable[[], None]) -> None:
        self._hub = hub
        self._journal = journal
        self._requests = requests
        self._commit_soon = commit_soon
        self._links: dict[str, EdgeLink] = {}

    # ------------------------------------------------------------ edges

    @property
    def edges(self) -> KeysView[str]:
        """The edges that have sent something."""
        return self._links.keys()

    def link(self, edge: str) -> EdgeLink:
        """Return the link to an edge; a new one if there is none."""
        if (link := self._links.get(edge)) is None:
            link = self._links[edge] = EdgeLink(edge, self._send)
        return link

    def remove_edge(self, edge: str) -> None:
        """Remove an edge that has left, with its connections. The sessions can be resumed."""
        if (link := self._links.pop(edge, None)) is not None:
            for connection in tuple(link.connections.values()):
                self._disconnect(connection, ended=False)
        self._journal.remove_edge(edge)
        self._commit_soon()

    def reset_edge(self, edge: str) -> None:
        """Disconnect all clients of an edge, some of whose messages were lost. The sessions can be resumed."""
        link = self.link(edge)
        for connection in tuple(link.connections.values()):
            self._disconnect(connection, ended=False)
        link.send_message(ResetEdge())

    def _send(self, edge: str, message: ToEdge) -> None:
        if edge not in self._links:
            return
        self._journal.send(edge, message)
        if isinstance(message, Follow | Unfollow):
            connection = self._links[edge].connections.get(message.connection)
            if connection is not None and connection.session is not None:
                self._journal.mark_session(connection.session)
        self._commit_soon()

    # ------------------------------------------------------------ messages

    def has_executed(self, edge: str, number: int) -> bool:
        """Return whether all batches of an edge up to `number` were executed."""
        return self.link(edge).number >= number

    def can_execute(self, message: ToLeader, *, online: bool) -> bool:
        """Return whether a message can be executed now.

        Without Redis (`online` is false) nothing can be stored, so only players' reports and disconnections are
        accepted.
        """
        if online:
            return True
        if not isinstance(message, ForwardedMessage):
            return isinstance(message, ClientDisconnected | SessionDropped)
        return isinstance(self._hub.dispatcher.codec.decode(message.text).message, PlayerReport)

    def execute(
        self, edge: str, number: int, messages: Iterable[ToLeader | Unreadable], stream_id: str | None = None
    ) -> None:
        """Execute a batch of messages, unless it was executed before.

        Args:
            edge: The edge that sent it.
            number: The number of the batch; 0 for messages of the leader's own edge, which aren't numbered.
            messages: The messages in their order.
            stream_id: The position of the batch in the stream of all edges.

        """
        if stream_id is not None:
            self._journal.last_read_id = stream_id
        link = self.link(edge)
        if number:
            if number <= link.number:
                self._commit_soon()
                return
            link.number = number
            self._journal.set_field("state", f"edge:{edge}", msgspec.msgpack.encode((edge, number)))
        for message in messages:
            try:
                self._execute(link, message)
            except Exception:
                _LOGGER.exception("A message of a node could not be executed")
        self._commit_soon()

    def _execute(self, link: EdgeLink, message: ToLeader | Unreadable) -> None:
        match message:
            case ForwardedMessage():
                self._receive(link, message)
            case ClientConnected(number, _, _, transport, address):
                connection = RemoteConnection(link, number, transport, address, self._hub.limits)
                self._hub.tasks.spawn(self._open(link, message, connection))
            case ClientDisconnected(number, ended):
                if (known := link.connections.get(number)) is not None:
                    self._disconnect(known, ended=ended)
            case SessionDropped(number, code):
                self._drop(link.connections.get(number), CloseCode(code))
            case AuthenticateToken():
                self._hub.tasks.spawn(self._authenticate(link, message))
            case ClockProbe(t0_us):
                now_us = self._hub.clock.now_us()
                link.send_message(ClockReply(t0_us, now_us, self._hub.clock.now_us()))
            case Unreadable():
                self._skip(link, message)

    def _skip(self, link: EdgeLink, message: Unreadable) -> None:
        if not link.unreadable:
            link.unreadable = True
            _LOGGER.error("A message of %s isn't understood: %s", link.edge, message.reason)
        if (number := message.number) is not None:
            # The client may wait for a session that isn't known here.
            link.send_message(CloseConnection(number, CloseCode.POSITION_LOST, "A message could not be read"))
            self._drop(link.connections.get(number), CloseCode.POSITION_LOST)

    def _receive(self, link: EdgeLink, message: ForwardedMessage) -> None:
        connection = link.connections.get(message.connection)
        if connection is None or (session := connection.session) is None:
            return
        answered = False
        remove_pending: Callable[[], None] | None = None

        def reply(frame: Frame | None) -> None:
            nonlocal answered
            answered = True
            if remove_pending is not None:
                remove_pending()
            if message.number:
                payload = None if frame is None else frame.payload
                link.send_message(Answer(message.connection, message.number, payload))
            else:
                session.answer(frame)
            self._commit_soon()

        decoded = self._hub.dispatcher.codec.decode(message.text)
        self._hub.dispatcher.receive(session, decoded, message.at_us, reply)
        if not answered:
            remove_pending = self._requests.add_pending(session, link.edge, message)
        if decoded.error is not None and connection.errors.too_many(decoded.error, message.at_us):
            self._hub.sessions.drop(session, CloseCode.PROTOCOL_ERRORS, "Too many protocol errors")

    # ------------------------------------------------------------ connections

    async def _open(self, link: EdgeLink, message: ClientConnected, connection: RemoteConnection) -> None:
        hub, number = self._hub, message.connection
        try:
            principal, token = await hub.identity.identify(message.message, connection.peer)
            if link.connections.get(number) is not connection:
                return
            hello = msgspec.UNSET if message.hello is None else message.hello
            session = hub.sessions.open(connection, message.message, principal or message.principal, hello, token)
        except Refused as refused:
            self._refuse(connection, fault_of(refused.error), refused.code)
        except HubError as error:
            self._refuse(connection, fault_of(error), None)
        except Exception:
            _LOGGER.exception("Opening a session failed")
            self._refuse(connection, _internal_fault(), CloseCode.RESTART)
        else:
            connection.session = session
            link.send_message(SessionOpened(number, session.session_id, session.secret, session.client_id))

    def _refuse(self, connection: RemoteConnection, fault: Fault, code: CloseCode | None) -> None:
        connection.remove()
        connection.link.send_message(SessionRefused(connection.number, fault, code))

    def _disconnect(self, connection: RemoteConnection, *, ended: bool) -> None:
        connection.remove()
        if (session := connection.session) is not None:
            self._hub.sessions.connection_lost(session, connection, ended=ended)

    def _drop(self, connection: RemoteConnection | None, code: CloseCode) -> None:
        if connection is None:
            return
        if connection.session is None:
            connection.remove()
        else:
            self._hub.sessions.drop(connection.session, code, "")

    async def _authenticate(self, link: EdgeLink, message: AuthenticateToken) -> None:
        try:
            principal = await self._hub.identity.authenticate_token(message.token, Peer(message.address, None))
        except HubError as error:
            link.send_message(TokenAuthenticated(message.call, None, fault_of(error)))
        except Exception:
            _LOGGER.exception("Authenticating a token failed")
            link.send_message(TokenAuthenticated(message.call, None, _internal_fault()))
        else:
            link.send_message(TokenAuthenticated(message.call, principal, None))


def _internal_fault() -> Fault:
    return fault_of(InternalError("The hub failed; its log has the details"))
