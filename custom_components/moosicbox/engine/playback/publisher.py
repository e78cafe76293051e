"""What playbacks do, brought to those who render it and those who watch; and their course of time."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final, Protocol

from msgspec import UnsetType

from ..clock import Clock
from ..delivery.topics import Topics
from ..protocol.errors import HubError
from ..protocol.server import PlaybackStatus, QueueUpdated, SeekUpdate, SynchronizedPlayback, TopicMessage, TrackChanged
from ..protocol.types import AddOp, ItemState, QueueItem, QueueOp, ResetOp
from ..signals import Signal
from ..timers import Timer, Timers
from .events import (
    Command,
    CommandIssued,
    CurrentChanged,
    PlaybackEvent,
    PrepareChanged,
    QueueChanged,
    Sought,
    StatusChanged,
)
from .media import Accepts
from .media_resolver import Conductor
from .playback import Playback
from .player import Player
from .render import made_up, prepare, queue_snapshot, synchronized_playback, volume_update

MAX_MIRRORED: Final = 100
"""Items that a room's queue tells its players' topics at once; more of them are asked for."""

type Spawn = Callable[[Coroutine[Any, Any, None]], None]


class PlaybackOwner(Protocol):
    """Whose music it is: a player's own, or a room's."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def topic(self) -> str:
        """Where others hear of it."""

    @property
    def room_id(self) -> str | UnsetType:
        """The room whose music it is."""

    @property
    def own(self) -> Playback:
        """Its music."""

    @property
    def renderers(self) -> Sequence[Player]:
        """The players that render it now."""

    def status(self) -> PlaybackStatus:
        """What plays and how."""


class PlaybackPublisher:
    """Publishes what happens to playbacks. A room's players tell on their own topics what the room plays."""

    def __init__(self, topics: Topics, conductor: Conductor, timers: Timers, clock: Clock, spawn: Spawn) -> None:
        """`spawn` runs what takes time."""
        self.happened: Signal[PlaybackOwner, PlaybackEvent] = Signal()
        self._topics = topics
        self._conductor = conductor
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._owners: dict[str, PlaybackOwner] = {}
        self._advances: dict[str, Timer] = {}
        conductor.found.subscribe(self._media_found)
        conductor.failed.subscribe(self._media_failed)

    def add(self, owner: PlaybackOwner) -> None:
        """`owner`'s music matters from now on."""
        self._owners[owner.topic] = owner

    def remove(self, owner: PlaybackOwner) -> None:
        """`owner` is no more."""
        del self._owners[owner.topic]
        if (timer := self._advances.pop(owner.topic, None)) is not None:
            timer.cancel()

    # ------------------------------------------------------------ what happens

    def publish(self, owner: PlaybackOwner, event: PlaybackEvent) -> None:
        """Tell all whom it concerns."""
        if self._owners.get(owner.topic) is not owner:
            return
        match event:
            case CommandIssued():
                self._publish_command(owner)
            case PrepareChanged():
                self._publish_prepare(owner)
            case StatusChanged():
                self.publish_status(owner)
            case CurrentChanged(track, previous):
                self._to_watchers(owner, TrackChanged(track=track, previous_track=previous))
            case Sought(position):
                self._to_watchers(owner, SeekUpdate(position_seconds=position))
            case QueueChanged(ops):
                self._publish_queue(owner, ops)
        self.schedule(owner)
        self.happened.emit(owner, event)

    def publish_status(self, owner: PlaybackOwner) -> None:
        """What plays, to those who watch."""
        self._topics.publish(owner.topic, owner.status())
        for player in self._mirrors(owner):
            self._topics.publish(player.topic, player.status())

    def introduce(self, player: Player) -> None:
        """`player` renders another music than before: it obeys that, and its watchers see that."""
        if player.playback.command is None:
            nothing = Command("stop", None, 0.0, self._clock.now_us(), 0.0)
            self._topics.publish(f"play:{player.player_id}", synchronized_playback(nothing, None))
        self.instruct(player)
        self._topics.publish(player.topic, player.status())
        self._topics.publish(player.topic, queue_snapshot(player.shown, ResetOp()))

    def instruct(self, player: Player) -> None:
        """Tell `player` anew what it has to do."""
        for message in self.play_states(player):
            self._topics.publish(f"play:{player.player_id}", message)
        # It may need to know of what follows sooner than others.
        self.schedule(player.room or player)

    def play_states(self, player: Player) -> list[TopicMessage]:
        """What a player has to know to do its part."""
        owner: PlaybackOwner = player.room or player
        instead = player.announcement or owner.own.order_for_newcomers()
        command = self._command(owner, player.accepts, instead)
        command = command and made_up(command, player)
        following = self._prepare(owner, player.accepts)
        return [message for message in (volume_update(player), command, following) if message is not None]

    def start(self, playback: Playback, item: QueueItem, left: ItemState = "played", position: float = 0.0) -> None:
        """Play `item` soon; what can't be played is passed over."""

        async def start() -> None:
            try:
                await self._conductor.start(playback, item, position, left)
            except HubError:
                return

        self._spawn(start())

    # ------------------------------------------------------------ who hears it

    def _publish_command(self, owner: PlaybackOwner) -> None:
        for player, command in _addressed(owner, self._command):
            self._topics.publish(f"play:{player.player_id}", made_up(command, player))

    def _publish_prepare(self, owner: PlaybackOwner) -> None:
        for player, message in _addressed(owner, self._prepare):
            self._topics.publish(f"play:{player.player_id}", message)

    def _to_watchers(self, owner: PlaybackOwner, message: TopicMessage) -> None:
        self._topics.publish(owner.topic, message)
        for player in self._mirrors(owner):
            self._topics.publish(player.topic, message)

    def _mirrors(self, owner: PlaybackOwner) -> Iterator[Player]:
        return (player for player in owner.renderers if player is not owner)

    def _publish_queue(self, owner: PlaybackOwner, ops: tuple[QueueOp, ...]) -> None:
        queue = owner.own.queue
        update = QueueUpdated(revision=queue.revision, current_index=queue.current_index, total=len(queue), ops=ops)
        self._topics.publish(owner.topic, update)
        if any(isinstance(op, AddOp) and len(op.items) > MAX_MIRRORED for op in ops):
            update = queue_snapshot(owner.own, ResetOp())
        for player in self._mirrors(owner):
            if player.shown is owner.own:
                self._topics.publish(player.topic, update)

    def _command(
        self, owner: PlaybackOwner, accepts: Accepts, instead: Command | None = None
    ) -> SynchronizedPlayback | None:
        if (command := instead or owner.own.command) is None:
            return None
        address = self._conductor.address(command.item, accepts) if command.item else None
        if command.item is not None and address is None:
            return None
        return synchronized_playback(command, address, owner.room_id)

    def _prepare(self, owner: PlaybackOwner, accepts: Accepts) -> TopicMessage | None:
        item = owner.own.following
        address = self._conductor.address(item, accepts) if item else None
        return None if item is not None and address is None else prepare(item, address)

    # ------------------------------------------------------------ the course of time

    def schedule(self, owner: PlaybackOwner) -> None:
        """See that the playback advances when it is due."""
        timer = self._advances.get(owner.topic)
        due_us = owner.own.due_us
        if timer is not None and timer.action is not None and timer.due_us == due_us:
            return
        if timer is not None:
            timer.cancel()
        if due_us is None:
            self._advances.pop(owner.topic, None)
        else:
            self._advances[owner.topic] = self._timers.at(due_us, self._advance, owner)

    def _advance(self, owner: PlaybackOwner) -> None:
        owner.own.advance(self._clock.now_us())
        self.schedule(owner)

    # ------------------------------------------------------------ media that were looked for

    def _media_found(self, media_content_id: str) -> None:
        for owner in tuple(self._owners.values()):
            playback = owner.own
            if playback.command and _is_of(playback.command.item, media_content_id):
                self._publish_command(owner)
            if _is_of(playback.following, media_content_id):
                self._publish_prepare(owner)

    def _media_failed(self, media_content_id: str) -> None:
        for owner in tuple(self._owners.values()):
            playback = owner.own
            handed_over = playback.queue.locked_item_id is not None and _is_of(playback.following, media_content_id)
            item = playback.command.item if playback.command and playback.timeline.playing else None
            if item is not None and playback.is_current(item.queue_item_id) and _is_of(item, media_content_id):
                # It was to play, and can't: as after a restart.
                self._spawn(self._conductor.skip(playback))
            elif handed_over and (behind := playback.queue.after(playback.queue.locked_item_id)) is not None:
                self.start(playback, behind, "skipped")


def _addressed[M](
    owner: PlaybackOwner, message_for: Callable[[PlaybackOwner, Accepts], M | None]
) -> Iterator[tuple[Player, M]]:
    """What each player is told; those that play the same formats, the same. Who makes an announcement is told afterwards."""
    messages: dict[Accepts, M | None] = {}
    for player in owner.renderers:
        if player.announcement is not None:
            continue
        if player.accepts not in messages:
            messages[player.accepts] = message_for(owner, player.accepts)
        if (message := messages[player.accepts]) is not None:
            yield player, message


def _is_of(item: QueueItem | None, media_content_id: str) -> bool:
    return item is not None and item.track.media_content_id == media_content_id
