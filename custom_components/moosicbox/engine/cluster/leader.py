"""The leader: the cluster's hub on one node, whose changes are committed to Redis."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from ..delivery.frame import Frame
from ..hub import Hub
from ..playback.events import PlaybackEvent
from ..playback.player import PlaybackContext
from ..protocol.codec import encode_error
from ..protocol.errors import Unavailable
from ..sessions.session import Session
from ..store import NoStore
from .bus import Bus, ClusterSnapshot, Leadership
from .commits import Commits
from .inbox import Inbox
from .journal import Journal
from .link import LinkOutlet
from .restore import decode_pending, restore, restore_answer, resume
from .stored_requests import StoredRequests
from .wire import Answer, ResetEdge, ToEdge

UNFINISHED: Final = "The hub stopped before it answered this"


class Leader:
    """A node's leadership, from `start` to `stop`."""

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        edge: str,
        leadership: Leadership,
        *,
        deliver: Callable[[Iterable[ToEdge]], None],
        on_deposed: Callable[[], None],
        on_store_reset: Callable[[], None],
    ) -> None:
        """Prepare to lead with `hub`, which is empty; see `Commits`.

        Args:
            hub: The hub, which isn't started yet.
            bus: Where its state is stored.
            edge: The node's own edge.
            leadership: The leadership that the bus has granted.
            deliver: Takes the messages to the node's own edge, once they are committed.
            on_deposed: Called when another node leads.
            on_store_reset: Called when Redis has lost the stored state.

        """
        self.hub = hub
        self._leaderless_seconds = leadership.leaderless_seconds
        self._journal = Journal(hub, leadership.commit_number, leadership.last_read_id)
        self._requests = StoredRequests(hub, self._journal)
        self.commits = Commits(
            self._journal,
            bus,
            edge,
            leadership.fence,
            deliver=deliver,
            on_deposed=on_deposed,
            on_store_reset=on_store_reset,
        )
        self.inbox = Inbox(hub, self._journal, self._requests, self.commits.commit_soon)

    @property
    def last_read_id(self) -> str:
        """The stream id of the last batch from an edge that was executed."""
        return self._journal.last_read_id

    # ------------------------------------------------------------ life cycle

    async def start(self, snapshot: ClusterSnapshot) -> None:
        """Restore and start the hub. Nothing is committed before `commits` are started."""
        hub, journal = self.hub, self._journal
        hub.topics.set_outlet(LinkOutlet(self._append_history, self._drop_topic))
        restored = "hub:" in snapshot.hashes["state"]
        if restored:
            self._restore(snapshot)
        self._subscribe()
        # The state that Home Assistant stores is read once; from then on, it is part of what is stored here.
        await hub.start(restored=journal.has_stored_state)
        if not journal.has_stored_state:
            journal.has_stored_state = not isinstance(hub.persistence.store, NoStore)
            journal.mark_all()
        if restored:
            resume(hub, self._leaderless_seconds)
            self._refuse_pending(snapshot.hashes["pending"])

    async def stop(self) -> None:
        """Stop leading. Later changes of the hub aren't committed."""
        await self.commits.stop()
        await self.hub.halt()

    def restart(self, leadership: Leadership, edge: str, epoch: str) -> None:
        """Store everything anew, because Redis is empty.

        Args:
            leadership: The leadership that the bus has granted.
            edge: The new name of the node's own edge.
            epoch: The new epoch of all topics.

        """
        self.commits.restart(edge, leadership.fence)
        edges = tuple(self.inbox.edges)
        for known in edges:
            self.inbox.remove_edge(known)
        self.hub.topics.reset(epoch)
        self._requests.clear()
        self._journal.restart(leadership.commit_number, leadership.newest_id)
        for known in edges:
            self.inbox.link(known).send_message(ResetEdge())
        self.commits.commit_soon()

    def _restore(self, snapshot: ClusterSnapshot) -> None:
        hub, journal = self.hub, self._journal
        journal.has_stored_state = restore(hub, snapshot, self.inbox.link)
        for context in (*hub.players, *hub.rooms):
            journal.set_stored_items(context.topic, context.playback.queue.items)
        for session in hub.sessions:
            self._requests.watch(session)
        for field, payload in snapshot.hashes["answers"].items():
            session_id, _, request_id = field.partition("/")
            if (found := hub.sessions.find(session_id)) is None:
                journal.set_field("answers", field, None)
            else:
                restore_answer(found, request_id, payload)
                self._requests.record_answer(session_id, field, payload)

    def _refuse_pending(self, fields: Mapping[str, bytes]) -> None:
        # A pending request may have been executed in part; the published messages show the client which part.
        for field in fields:
            self._journal.set_field("pending", field, None)
        for edge, message in decode_pending(fields):
            connection = self.inbox.link(edge).connections.get(message.connection)
            if connection is None or connection.session is None:
                continue
            request_id = self.hub.dispatcher.codec.decode(message.text).request_id
            frame = Frame(encode_error(Unavailable(UNFINISHED), request_id))
            if message.number:
                connection.link.send_message(Answer(message.connection, message.number, frame.payload))
            else:
                connection.session.answer(frame)

    # ------------------------------------------------------------ changes

    def _subscribe(self) -> None:
        hub, journal = self.hub, self._journal
        hub.publisher.playback_event.subscribe(self._playback_changed)
        hub.players.reported.subscribe(partial(self._mark, journal.mark_report))
        for players in (hub.players.added, hub.players.removed, hub.players.changed):
            players.subscribe(partial(self._mark, journal.mark_player))
        for rooms in (hub.rooms.added, hub.rooms.closed, hub.rooms.changed):
            rooms.subscribe(partial(self._mark, journal.mark_room))
        for sessions in (hub.sessions.renewed, hub.sessions.disconnected, hub.subscriptions.state_changed):
            sessions.subscribe(partial(self._mark, journal.mark_session))
        hub.household.changed.subscribe(self._household_changed)
        hub.sessions.renamed.subscribe(lambda session, _client: self._mark(journal.mark_session, session))
        hub.sessions.opened.subscribe(self._session_opened)
        hub.sessions.ended.subscribe(self._session_ended)

    def _mark[T](self, mark: Callable[[T], None], changed: T) -> None:
        mark(changed)
        self.commits.commit_soon()

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        self._journal.mark_context(context, event)
        self.commits.commit_soon()

    def _household_changed(self) -> None:
        self._journal.mark_household()
        self.commits.commit_soon()

    def _session_opened(self, session: Session, _resumed: bool) -> None:
        self._requests.watch(session)
        self._mark(self._journal.mark_session, session)

    def _session_ended(self, session: Session) -> None:
        self._requests.forget_session(session)
        self._mark(self._journal.mark_session, session)

    def _append_history(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        self._journal.append_history(topic, offset, at_us, payload)
        self.commits.commit_soon()

    def _drop_topic(self, topic: str) -> None:
        self._journal.drop_topic(topic)
        self.commits.commit_soon()
