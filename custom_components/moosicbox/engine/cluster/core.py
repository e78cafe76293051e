"""The leader: the hub, what the edges say to it, and the commits that make what it does last."""

from collections.abc import Callable, Iterable, KeysView, Mapping
from functools import partial
import logging

import msgspec

from ..access.authentication import Peer
from ..delivery.frame import Frame
from ..hub import Hub
from ..playback.events import PlaybackEvent
from ..playback.player import PlaybackContext
from ..protocol.client import PlayerReport
from ..protocol.codec import encode_error
from ..protocol.codes import CloseCode
from ..protocol.errors import HubError, InternalError, Unavailable
from ..sessions.session import Refused, Session
from ..store import NoStore
from .bus import Bus, ClusterSnapshot, Terms
from .commits import Commits
from .journal import Journal
from .kept_requests import KeptRequests
from .link import Downlink, Link, RemoteConnection
from .restore import restore, restore_answer, resume, unfinished
from .wire import (
    Answer,
    AuthenticateToken,
    ClientConnected,
    ClientDisconnected,
    ClientMessage,
    ClockProbe,
    ClockReply,
    Follow,
    ResetEdge,
    SessionDropped,
    SessionOpened,
    SessionRefused,
    ToEdge,
    TokenAuthenticated,
    ToLeader,
    Unfollow,
    fault_of,
)

_LOGGER = logging.getLogger(__name__)


class Core:
    """One node's time as the leader."""

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        edge: str,
        terms: Terms,
        *,
        deliver: Callable[[Iterable[ToEdge]], None],
        deposed: Callable[[], None],
        emptied: Callable[[], None],
    ) -> None:
        """`deliver` takes what goes to the leader's own `edge`; `deposed` hears that another node leads."""
        self.hub = hub
        self._away_before = terms.away
        """Seconds for which nobody led."""
        self._links: dict[str, Link] = {}
        self._journal = Journal(hub, terms.commits, terms.read)
        self._kept = KeptRequests(hub, self._journal)
        self._commits = Commits(
            self._journal, bus, edge, terms.fence, deliver=deliver, deposed=deposed, emptied=emptied
        )
        self.begin = self._commits.begin
        self.settle = self._commits.settle
        self.wake = self._commits.wake

    @property
    def read(self) -> str:
        """The last of what the edges sent that was worked off."""
        return self._journal.read

    @property
    def away(self) -> bool:
        """Whether Redis doesn't take commits now."""
        return self._commits.away

    # ------------------------------------------------------------ life

    async def start(self, image: ClusterSnapshot) -> None:
        """Know what is kept; without anything, begin with what the hub itself brings along."""
        hub, journal = self.hub, self._journal
        hub.topics.send_by(Downlink(self._numbered, self._forgotten))
        restored = "hub:" in image.hashes["state"]
        if restored:
            self._restore(image)
        hub.playback_happened.subscribe(self._happened)
        hub.players.reported.subscribe(partial(self._changed, journal.reported))
        hub.subscriptions.moved.subscribe(partial(self._changed, journal.session))
        for players in (hub.players.added, hub.players.removed, hub.players.changed):
            players.subscribe(partial(self._changed, journal.player))
        for rooms in (hub.rooms.added, hub.rooms.closed, hub.rooms.changed):
            rooms.subscribe(partial(self._changed, journal.room))
        for sessions in (hub.sessions.renewed, hub.sessions.lost):
            sessions.subscribe(partial(self._changed, journal.session))
        hub.sessions.renamed.subscribe(lambda session, _client: self._changed(journal.session, session))
        hub.sessions.opened.subscribe(self._opened)
        hub.sessions.ended.subscribe(self._ended)
        # The house brings along what it kept by itself, once.
        await hub.start(restored=journal.founded)
        if not journal.founded:
            journal.founded = not isinstance(hub.store, NoStore)
            journal.everything()
        if restored:
            resume(hub, image, self._away_before)
            self._refuse_unfinished(image.hashes["pending"])

    async def stop(self) -> None:
        """Lead no more: what the hub still does is nobody's business."""
        await self._commits.stop()
        await self.hub.quit()

    def caught_up(self, edge: str, number: int) -> bool:
        """Whether all that an edge sent up to `number` was worked off."""
        return self.link(edge).number >= number

    def takes(self, up: ToLeader, *, connected: bool) -> bool:
        """Whether this can be done: without Redis players may say what they do, all else could not be kept."""
        if connected and not self.away:
            return True
        if not isinstance(up, ClientMessage):
            return isinstance(up, ClientDisconnected | SessionDropped)
        message = self.hub.dispatcher.codec.decode(up.text).message
        return isinstance(message, PlayerReport)

    def begin_again(self, terms: Terms, edge: str, epoch: str) -> None:
        """What was kept is gone: everything that is still known is kept anew, under another epoch; `edge` is our own."""
        self._commits.begin_again(edge, terms.fence)
        edges = tuple(self._links)
        for known in edges:
            self.part(known)
        self.hub.topics.begin_again(epoch)
        self._kept.clear()
        self._journal.begin_again(terms.commits, terms.last)
        for known in edges:
            self.link(known).put(ResetEdge())
        self.wake()

    def _restore(self, image: ClusterSnapshot) -> None:
        hub, journal = self.hub, self._journal
        journal.founded = restore(hub, image, self.link)
        for context in (*hub.players, *hub.rooms):
            journal.knows(context.topic, context.playback.queue.items)
        for session in hub.sessions:
            self._kept.watch(session)
        for field, payload in image.hashes["answers"].items():
            session_id, _, request_id = field.partition("/")
            if (known := hub.sessions.find(session_id)) is None:
                journal.write("answers", field, None)
            else:
                restore_answer(known, request_id, payload)
                self._kept.note(session_id, field, payload)

    def _refuse_unfinished(self, fields: Mapping[str, bytes]) -> None:
        # It may have been done by half: who asked is told, and sees by what is published what was done.
        for field, edge, says in unfinished(fields):
            self._journal.write("pending", field, None)
            connection = self.link(edge).connections.get(says.connection)
            if connection is None or connection.session is None:
                continue
            request_id = self.hub.dispatcher.codec.decode(says.text).request_id
            frame = Frame(encode_error(Unavailable("The hub that was about to do this is gone"), request_id))
            if says.number:
                connection.link.put(Answer(says.connection, says.number, frame.payload))
            else:
                connection.session.answer(frame)

    # ------------------------------------------------------------ up

    def work(self, edge: str, number: int, ups: Iterable[ToLeader], id_: str | None = None) -> None:
        """Do what an edge says; what came before isn't done twice. `id_` is where it stands in the stream."""
        if id_ is not None:
            self._journal.read = id_
        link = self.link(edge)
        if number:
            if number <= link.number:
                self.wake()
                return
            link.number = number
            self._journal.write("state", f"edge:{edge}", msgspec.msgpack.encode((edge, number)))
        for up in ups:
            try:
                self._work(link, up)
            except Exception:
                _LOGGER.exception("What a node said could not be done")
        self.wake()

    def _work(self, link: Link, up: ToLeader) -> None:
        match up:
            case ClientMessage():
                self._says(link, up, link.connections.get(up.connection))
            case ClientConnected(number, _, _, transport, address):
                connection = RemoteConnection(link, number, transport, address, self.hub.limits)
                self.hub.spawn(self._comes(link, up, connection))
            case ClientDisconnected(connection, ended):
                if (known := link.connections.get(connection)) is not None:
                    self._gone(known, ended=ended)
            case SessionDropped(connection, code):
                if (known := link.connections.get(connection)) is None:
                    return
                if known.session is None:
                    known.forget()
                else:
                    self.hub.sessions.drop(known.session, CloseCode(code), "")
            case AuthenticateToken():
                self.hub.spawn(self._asks(link, up))
            case ClockProbe(t0_us):
                now_us = self.hub.clock.now_us()
                link.put(ClockReply(t0_us, now_us, self.hub.clock.now_us()))

    async def _comes(self, link: Link, coming: ClientConnected, connection: RemoteConnection) -> None:
        hub, number = self.hub, coming.connection
        try:
            shown, token = await hub.identity.identify(coming.message, connection.peer)
            if link.connections.get(number) is not connection:
                return
            hello = msgspec.UNSET if coming.hello is None else coming.hello
            session = hub.sessions.open(connection, coming.message, shown or coming.principal, hello, token)
        except Refused as refused:
            connection.forget()
            link.put(SessionRefused(number, fault_of(refused.error), int(refused.code)))
        except HubError as error:
            connection.forget()
            link.put(SessionRefused(number, fault_of(error), None))
        except Exception:
            _LOGGER.exception("Letting a client in failed")
            connection.forget()
            link.put(
                SessionRefused(number, fault_of(InternalError("The hub failed; its log says how")), CloseCode.RESTART)
            )
        else:
            connection.session = session
            link.put(SessionOpened(number, session.session_id, session.secret, session.client_id))

    def _says(self, link: Link, says: ClientMessage, connection: RemoteConnection | None) -> None:
        if connection is None or (session := connection.session) is None:
            return
        answered = False
        done: Callable[[], None] | None = None

        def reply(frame: Frame | None) -> None:
            nonlocal answered
            answered = True
            if done is not None:
                done()
            if says.number:
                link.put(Answer(says.connection, says.number, None if frame is None else frame.payload))
            else:
                session.answer(frame)
            self.wake()

        decoded_ = self.hub.dispatcher.codec.decode(says.text)
        self.hub.dispatcher.receive(session, decoded_, says.at_us, reply)
        if not answered:
            done = self._kept.begin(session, link.edge, says)
        if decoded_.error is not None and connection.errors.too_many(decoded_.error, says.at_us):
            self.hub.sessions.drop(session, CloseCode.PROTOCOL_ERRORS, "Too many protocol errors")

    async def _asks(self, link: Link, asks: AuthenticateToken) -> None:
        try:
            principal = await self.hub.identity.authenticate_token(asks.token, Peer(asks.address, None))
        except HubError as error:
            link.put(TokenAuthenticated(asks.call, None, fault_of(error)))
        except Exception:
            _LOGGER.exception("Recognising a token failed")
            link.put(TokenAuthenticated(asks.call, None, fault_of(InternalError("The hub failed; its log says how"))))
        else:
            link.put(TokenAuthenticated(asks.call, principal, None))

    # ------------------------------------------------------------ nodes

    def link(self, edge: str) -> Link:
        """The way to an edge."""
        if (link := self._links.get(edge)) is None:
            link = self._links[edge] = Link(edge, self._put)
        return link

    @property
    def edges(self) -> KeysView[str]:
        """Those who have said something."""
        return self._links.keys()

    def part(self, edge: str) -> None:
        """A node is gone, and its connections with it; the sessions wait."""
        if (link := self._links.pop(edge, None)) is not None:
            for connection in tuple(link.connections.values()):
                self._gone(connection, ended=False)
        self._journal.parted(edge)
        self.wake()

    def _gone(self, connection: RemoteConnection, *, ended: bool) -> None:
        connection.forget()
        if (session := connection.session) is not None:
            self.hub.sessions.connection_lost(session, connection, ended=ended)

    # ------------------------------------------------------------ what happens

    def _put(self, edge: str, down: ToEdge) -> None:
        if edge not in self._links:
            return
        self._journal.put(edge, down)
        if isinstance(down, Follow | Unfollow):
            connection = self._links[edge].connections.get(down.connection)
            if connection is not None and connection.session is not None:
                self._journal.session(connection.session)
        self.wake()

    def _happened(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        self._journal.context(context, event)
        self.wake()

    def _changed[T](self, note: Callable[[T], None], what: T) -> None:
        note(what)
        self.wake()

    def _opened(self, session: Session, _resumed: bool) -> None:
        self._journal.session(session)
        self._kept.watch(session)
        self.wake()

    def _ended(self, session: Session) -> None:
        self._journal.session(session)
        self._kept.forget(session)
        self.wake()

    def _numbered(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        self._journal.numbered(topic, offset, at_us, payload)
        self.wake()

    def _forgotten(self, topic: str) -> None:
        self._journal.forgotten(topic)
        self.wake()
