"""What playbacks do, brought to those who render it and those who watch; and their course of time."""

from collections.abc import Callable, Iterator
from typing import Final

from ..background import Spawn
from ..clock import Clock
from ..delivery.topics import Topics
from ..protocol.errors import HubError
from ..protocol.server import QueueUpdated, SeekUpdate, SynchronizedPlayback, TopicMessage, TrackChanged
from ..protocol.types import AddOp, ItemState, QueueItem, QueueOp, ResetOp
from ..signals import Signal
from ..timers import Timer, Timers
from .events import (
    Command,
    CommandIssued,
    CurrentChanged,
    PlaybackEvent,
    PositionChanged,
    PrepareChanged,
    QueueChanged,
    StatusChanged,
)
from .media import Accepts
from .media_resolver import MediaResolver
from .playback import Playback
from .player import PlaybackContext, Player
from .render import compensated, prepare, queue_snapshot, synchronized_playback

MAX_MIRRORED: Final = 100
"""Items that a room's queue tells its players' topics at once; more of them are asked for."""


class PlaybackPublisher:
    """Publishes what happens to playbacks. A room's players tell on their own topics what the room plays."""

    def __init__(
        self, topics: Topics, media_resolver: MediaResolver, timers: Timers, clock: Clock, spawn: Spawn
    ) -> None:
        """`spawn` runs what takes time."""
        self.happened: Signal[PlaybackContext, PlaybackEvent] = Signal()
        self._topics = topics
        self._media_resolver = media_resolver
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._contexts: dict[str, PlaybackContext] = {}
        self._advances: dict[str, Timer] = {}
        media_resolver.found.subscribe(self._media_found)
        media_resolver.media_failed.subscribe(self._media_failed)

    def add(self, context: PlaybackContext) -> None:
        """`context`'s music matters from now on."""
        self._contexts[context.topic] = context

    def remove(self, context: PlaybackContext) -> None:
        """`context` is no more."""
        del self._contexts[context.topic]
        if (timer := self._advances.pop(context.topic, None)) is not None:
            timer.cancel()

    # ------------------------------------------------------------ what happens

    def publish(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        """Tell all whom it concerns."""
        if self._contexts.get(context.topic) is not context:
            return
        match event:
            case CommandIssued():
                self._publish_command(context)
            case PrepareChanged():
                self._publish_prepare(context)
            case StatusChanged():
                self.publish_status(context)
            case CurrentChanged(track, previous):
                self._to_watchers(context, TrackChanged(track=track, previous_track=previous))
            case PositionChanged(position):
                self._to_watchers(context, SeekUpdate(position_seconds=position))
            case QueueChanged(ops):
                self._publish_queue(context, ops)
        self.schedule(context)
        self.happened.emit(context, event)

    def publish_status(self, context: PlaybackContext) -> None:
        """What plays, to those who watch."""
        self._topics.publish(context.topic, context.status())
        for player in self._mirrors(context):
            self._topics.publish(player.topic, player.status())

    def publish_switch(self, player: Player) -> None:
        """`player` renders another music than before: it obeys that, and its watchers see that."""
        if player.active_playback.command is None:
            nothing = Command("stop", None, 0.0, self._clock.now_us(), 0.0)
            self._topics.publish(f"play:{player.player_id}", synchronized_playback(nothing, None))
        self.publish_instructions(player)
        self._topics.publish(player.topic, player.status())
        self._topics.publish(player.topic, queue_snapshot(player.public_playback, ResetOp()))

    def publish_instructions(self, player: Player) -> None:
        """Tell `player` anew what it has to do."""
        for message in self.instructions(player):
            self._topics.publish(f"play:{player.player_id}", message)
        # It may need to know of what follows sooner than others.
        self.schedule(player.room or player)

    def instructions(self, player: Player) -> list[TopicMessage]:
        """What a player has to know to do its part."""
        context: PlaybackContext = player.room or player
        instead = player.announcement or context.playback.command_for_newcomer()
        command = self._command(context, player.accepts, instead)
        command = command and compensated(command, player.output_delay_ms)
        following = self._prepare(context, player.accepts)
        return [message for message in (player.volume_update(), command, following) if message is not None]

    def start(
        self, playback: Playback, item: QueueItem, previous_state: ItemState = "played", position: float = 0.0
    ) -> None:
        """Play `item` soon; what can't be played is passed over."""

        async def start() -> None:
            try:
                await self._media_resolver.start(playback, item, position, previous_state)
            except HubError:
                return

        self._spawn(start())

    # ------------------------------------------------------------ who hears it

    def _publish_command(self, context: PlaybackContext) -> None:
        for player, command in _addressed(context, self._command):
            self._topics.publish(f"play:{player.player_id}", compensated(command, player.output_delay_ms))

    def _publish_prepare(self, context: PlaybackContext) -> None:
        for player, message in _addressed(context, self._prepare):
            self._topics.publish(f"play:{player.player_id}", message)

    def _to_watchers(self, context: PlaybackContext, message: TopicMessage) -> None:
        self._topics.publish(context.topic, message)
        for player in self._mirrors(context):
            self._topics.publish(player.topic, message)

    def _mirrors(self, context: PlaybackContext) -> Iterator[Player]:
        return (player for player in context.renderers if player is not context)

    def _publish_queue(self, context: PlaybackContext, ops: tuple[QueueOp, ...]) -> None:
        queue = context.playback.queue
        update = QueueUpdated(revision=queue.revision, current_index=queue.current_index, total=len(queue), ops=ops)
        self._topics.publish(context.topic, update)
        if any(isinstance(op, AddOp) and len(op.items) > MAX_MIRRORED for op in ops):
            update = queue_snapshot(context.playback, ResetOp())
        for player in self._mirrors(context):
            if player.public_playback is context.playback:
                self._topics.publish(player.topic, update)

    def _command(
        self, context: PlaybackContext, accepts: Accepts, instead: Command | None = None
    ) -> SynchronizedPlayback | None:
        if (command := instead or context.playback.command) is None:
            return None
        address = self._media_resolver.address(command.item, accepts) if command.item else None
        if command.item is not None and address is None:
            return None
        return synchronized_playback(command, address, context.room_id)

    def _prepare(self, context: PlaybackContext, accepts: Accepts) -> TopicMessage | None:
        item = context.playback.next_item
        address = self._media_resolver.address(item, accepts) if item else None
        return None if item is not None and address is None else prepare(item, address)

    # ------------------------------------------------------------ the course of time

    def schedule(self, context: PlaybackContext) -> None:
        """See that the playback advances when it is due."""
        timer = self._advances.get(context.topic)
        due_us = context.playback.due_us
        if timer is not None and timer.action is not None and timer.due_us == due_us:
            return
        if timer is not None:
            timer.cancel()
        if due_us is None:
            self._advances.pop(context.topic, None)
        else:
            self._advances[context.topic] = self._timers.at(due_us, self._advance, context)

    def _advance(self, context: PlaybackContext) -> None:
        context.playback.advance(self._clock.now_us())
        self.schedule(context)

    # ------------------------------------------------------------ media that were looked for

    def _media_found(self, media_content_id: str) -> None:
        for context in tuple(self._contexts.values()):
            playback = context.playback
            if playback.command and _is_of(playback.command.item, media_content_id):
                self._publish_command(context)
            if _is_of(playback.next_item, media_content_id):
                self._publish_prepare(context)

    def _media_failed(self, media_content_id: str) -> None:
        for context in tuple(self._contexts.values()):
            playback = context.playback
            handed_over = playback.queue.locked_item_id is not None and _is_of(playback.next_item, media_content_id)
            item = playback.command.item if playback.command and playback.timeline.playing else None
            if item is not None and playback.is_current(item.queue_item_id) and _is_of(item, media_content_id):
                # It was to play, and can't: as after a restart.
                self._spawn(self._media_resolver.skip(playback))
            elif handed_over and (behind := playback.queue.after(playback.queue.locked_item_id)) is not None:
                self.start(playback, behind, "skipped")


def _addressed[M](
    context: PlaybackContext, message_for: Callable[[PlaybackContext, Accepts], M | None]
) -> Iterator[tuple[Player, M]]:
    """What each player is told; those that play the same formats, the same. Who makes an announcement is told afterwards."""
    messages: dict[Accepts, M | None] = {}
    for player in context.renderers:
        if player.announcement is not None:
            continue
        if player.accepts not in messages:
            messages[player.accepts] = message_for(context, player.accepts)
        if (message := messages[player.accepts]) is not None:
            yield player, message


def _is_of(item: QueueItem | None, media_content_id: str) -> bool:
    return item is not None and item.track.media_content_id == media_content_id
