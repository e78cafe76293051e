"""What has changed since the last commit, kept until it is one with the next."""

from collections.abc import Iterable
from typing import Any, Final

from ..hub import Hub
from ..playback.events import PlaybackEvent, QueueChanged
from ..playback.image import order_of
from ..playback.player import PlaybackContext, Player
from ..protocol.types import QueueItem
from ..rooms.room import Room
from ..sessions.session import Session
from .bus import Commit, Numbered
from .images import changed_items, encode, hub_image, player_image, room_image, session_image
from .wire import Publish, Send, ToEdge, pack

MAX_HISTORIES: Final = 10_000
"""Messages that wait to be kept; without Redis for long, the oldest aren't kept at all."""


class Journal:
    """Collects the changes of a leader's hub."""

    def __init__(self, hub: Hub, commits: int, read: str) -> None:
        """`commits` and `read` are where the leader before came to."""
        self.read = read
        """The last of what the edges sent that was worked off."""
        self.downs: dict[str, list[ToEdge]] = {}
        """What goes to each edge."""
        self._hub = hub
        self._commits = commits
        self._players: dict[str, None] = {}
        self._rooms: dict[str, None] = {}
        self._sessions: dict[str, None] = {}
        self._histories: list[Numbered] = []
        self._forgotten: list[str] = []
        self._parted: list[str] = []
        self._writes: dict[str, dict[str, bytes | None]] = {}
        self._known: dict[str, dict[str, QueueItem]] = {}
        """The items that are kept, by the topic of whose they are."""
        self._queues: dict[str, None] = {}
        """Topics whose queues have changed."""
        self._reports: dict[str, Any] = {}
        """What was kept of what players said last."""
        self.founded = False
        """Whether what the house kept by itself is in it."""
        self._hub_image: bytes | None = None
        self._read_before = read
        self._afresh = False

    def __bool__(self) -> bool:
        """Whether there is anything to commit."""
        return bool(
            self.downs
            or self._players
            or self._rooms
            or self._sessions
            or self._histories
            or self._forgotten
            or self._parted
            or self._writes
            or self.read != self._read_before
        )

    # ------------------------------------------------------------ what changes

    def context(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        """What somebody plays."""
        if isinstance(event, QueueChanged):
            self._queues[context.topic] = None
        if isinstance(context, Player):
            self._players[context.player_id] = None
        elif isinstance(context, Room):
            self._rooms[context.room_id] = None

    def reported(self, player: Player) -> None:
        """What a player says; that it still plays the same is nothing new."""
        report = player.report
        said = (player.ready, player.failed_item_id, player.lagging, report and (report.state, report.queue_item_id))
        if self._reports.get(player.player_id) != said:
            self._reports[player.player_id] = said
            self.player(player)

    def player(self, player: Player) -> None:
        """A player, or that it is no more."""
        self._players[player.player_id] = None

    def room(self, room: Room) -> None:
        """A room, or that it is no more."""
        self._rooms[room.room_id] = None

    def session(self, session: Session) -> None:
        """A session, or that it is no more."""
        self._sessions[session.session_id] = None

    def numbered(self, topic: str, offset: int, at_us: int, payload: bytes) -> None:
        """A message in a topic's history."""
        self._histories.append(Numbered(topic, offset, at_us, payload))
        if len(self._histories) > MAX_HISTORIES:
            del self._histories[: MAX_HISTORIES // 10]

    def forgotten(self, topic: str) -> None:
        """A topic is no more."""
        self._forgotten.append(topic)

    def parted(self, edge: str) -> None:
        """An edge is gone."""
        self._parted.append(edge)
        self.downs.pop(edge, None)
        self.write("state", f"edge:{edge}", None)

    def write(self, name: str, field: str, value: bytes | None) -> None:
        """A field of a hash; None: it goes."""
        self._writes.setdefault(name, {})[field] = value

    def put(self, edge: str, down: ToEdge) -> None:
        """To an edge."""
        self.downs.setdefault(edge, []).append(down)

    def thin_out(self) -> None:
        """While nothing can be sent: of states that replace one another the last is enough."""
        for edge, downs in self.downs.items():
            newest: dict[object, ToEdge] = {}
            for number, down in enumerate(downs):
                key = _replaced_by(down) or number
                newest.pop(key, None)
                newest[key] = down
            self.downs[edge] = list(newest.values())

    def everything(self) -> None:
        """Nothing is kept yet of all that there is."""
        self._known.clear()
        self._queues = dict.fromkeys(context.topic for context in (*self._hub.players, *self._hub.rooms))
        self._hub_image = None
        for player in self._hub.players:
            self.player(player)
        for room in self._hub.rooms:
            self.room(room)
        for session in self._hub.sessions:
            self.session(session)

    def knows(self, topic: str, items: Iterable[QueueItem]) -> None:
        """These items are kept as they are."""
        self._known[topic] = {item.queue_item_id: item for item in items}

    # ------------------------------------------------------------ what is committed

    def take(self, own_edge: str) -> tuple[Commit, list[ToEdge]]:
        """All of it, and what the leader's own edge gets, which is behind no Redis."""
        self._collect()
        own = self.downs.pop(own_edge, [])
        self._commits += 1
        commit = Commit(
            number=self._commits,
            read=self.read,
            histories=self._histories,
            forgotten=self._forgotten,
            writes=self._writes,
            downs={edge: pack(downs) for edge, downs in self.downs.items()},
            parted=self._parted,
            afresh=self._afresh,
        )
        self._afresh = False
        self._histories, self._forgotten, self._parted = [], [], []
        self._writes, self.downs = {}, {}
        self._read_before = self.read
        return commit, own

    def begin_again(self, commits: int, read: str) -> None:
        """Where nothing is kept any more: what waited was for those who are gone."""
        self._commits, self.read, self._read_before = commits, read, read
        self._afresh = True
        self._histories, self._forgotten, self._parted = [], [], []
        self._writes, self.downs = {}, {}
        self.everything()

    def _collect(self) -> None:
        hub = self._hub
        for player_id in self._players:
            self._collect_owner("player", player_id, hub.players.find(player_id), player_image)
        for room_id in self._rooms:
            self._collect_owner("room", room_id, hub.rooms.find(room_id), room_image)
        for session_id in self._sessions:
            session = hub.sessions.find(session_id)
            image = None if session is None else encode(session_image(session))
            self.write("state", f"session:{session_id}", image)
        if (image := encode(hub_image(hub, founded=self.founded))) != self._hub_image:
            self._hub_image = image
            self.write("state", "hub:", image)
        self._players, self._rooms, self._sessions = {}, {}, {}

    def _collect_owner(self, kind: str, id_: str, context: Any, image_of: Any) -> None:
        topic = f"{kind}:{id_}"
        if context is None:
            self._queues.pop(topic, None)
            self._reports.pop(id_, None)
            self.write("state", topic, None)
            self.write("state", f"order:{topic}", None)
            for item_id in self._known.pop(topic, {}):
                self.write("items", f"{topic}/{item_id}", None)
            return
        self.write(
            "state", topic, encode(image_of(context, interrupted=self._hub.announcements.interrupts(context.playback)))
        )
        if topic not in self._known or self._queues.pop(topic, self) is None:
            self.write("state", f"order:{topic}", encode((topic, order_of(context.playback))))
            for field, data in changed_items(topic, context.playback, self._known.setdefault(topic, {})):
                self.write("items", field, data)


def _replaced_by(down: ToEdge) -> tuple[str | int, str] | None:
    # What a later state of the same kind, for the same ones, makes needless.
    match down:
        case Publish(topic=place, key=str(key)) | Send(connection=place, key=str(key)):
            return place, key
    return None
