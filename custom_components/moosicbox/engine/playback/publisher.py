"""Publishes the events of playbacks: orders to the players that render them, state to subscribers."""

from collections.abc import Iterator
from typing import Final

from ..background import Spawn
from ..clock import Clock
from ..delivery.topics import Topics
from ..limits import Limits, SharedLimits
from ..protocol.errors import HubError
from ..protocol.server import QueueUpdated, SeekUpdate, TopicMessage, TrackChanged
from ..protocol.types import AddOp, ItemState, QueueItem, QueueOp, ResetOp
from ..signals import Signal
from ..timers import Timers
from .events import (
    CurrentChanged,
    Order,
    OrderIssued,
    PlaybackEvent,
    PositionChanged,
    PrepareChanged,
    QueueChanged,
    StatusChanged,
)
from .media_resolver import MediaResolver
from .play_messages import PlayMessages
from .playback import Playback
from .player import PlaybackContext, Player
from .render import announcement_order, delayed, queue_snapshot, synchronized_playback
from .scheduler import PlaybackScheduler

MAX_MIRRORED_ITEMS: Final = 100
"""New items that are repeated on the topics of a room's players; if there are more, only a page is sent."""


class PlaybackPublisher:
    """Publishes events of playbacks: a room's on its own topic and on those of its players."""

    def __init__(
        self,
        topics: Topics,
        media_resolver: MediaResolver,
        timers: Timers,
        clock: Clock,
        spawn: Spawn,
        limits: SharedLimits,
    ) -> None:
        """Set up without playbacks; `spawn` runs a coroutine in the background."""
        self.playback_event: Signal[PlaybackContext, PlaybackEvent] = Signal()
        """A playback has changed, and its messages are published."""
        self.play_messages = PlayMessages(media_resolver, limits)
        self._topics = topics
        self._media_resolver = media_resolver
        self._clock = clock
        self._spawn = spawn
        self._limits = limits
        self._contexts: dict[str, PlaybackContext] = {}
        self._scheduler = PlaybackScheduler(timers, clock)
        limits.changed.subscribe(self._limits_changed)
        media_resolver.media_found.subscribe(self._media_found)
        media_resolver.media_failed.subscribe(self._media_failed)

    def add(self, context: PlaybackContext) -> None:
        """Publish the events of a new player or room from now on."""
        self._contexts[context.topic] = context
        context.playback.crossfade_seconds = self._limits.current.crossfade
        context.playback.shares_stations = bool(context.room_id) and self._media_resolver.station_sharing is not None

    def remove(self, context: PlaybackContext) -> None:
        """Publish no more events of a player or room."""
        del self._contexts[context.topic]
        self._scheduler.cancel(context)

    def start(
        self, playback: Playback, item: QueueItem, previous_state: ItemState = "played", position: float | None = None
    ) -> None:
        """Start an item in the background; see `MediaResolver.start`. Failures are published as events."""

        async def start() -> None:
            try:
                await self._media_resolver.start(playback, item, position, previous_state)
            except HubError:
                return

        self._spawn(start())

    def schedule(self, context: PlaybackContext) -> None:
        """Advance a playback once it is due; called after it, or the lead time of one of its players, has changed."""
        self._scheduler.schedule(context)

    # ------------------------------------------------------------ events

    def publish(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        """Publish an event of a playback; events of a removed one are ignored."""
        if self._contexts.get(context.topic) is not context:
            return
        match event:
            case OrderIssued():
                self._publish_orders(context)
            case PrepareChanged():
                self._publish_prepare(context)
            case StatusChanged():
                self.publish_status(context)
            case CurrentChanged(track, previous):
                self._publish_everywhere(context, TrackChanged(track=track, previous_track=previous))
            case PositionChanged(position):
                self._publish_everywhere(context, SeekUpdate(position_seconds=position))
            case QueueChanged(ops):
                self._publish_queue_ops(context, ops)
        self.schedule(context)
        self.playback_event.emit(context, event)

    def publish_status(self, context: PlaybackContext) -> None:
        """Publish what a player or room plays."""
        self._topics.publish(context.topic, context.status())
        for player in _mirroring_players(context):
            self._topics.publish(player.topic, player.status())

    def publish_queue(self, context: PlaybackContext) -> None:
        """Publish the first page of a queue whose items have been replaced; the others have to be requested."""
        snapshot = queue_snapshot(context.playback, ResetOp())
        self._topics.publish(context.topic, snapshot)
        for player in _mirroring_players(context):
            if player.public_playback is context.playback:
                self._topics.publish(player.topic, snapshot)

    def _publish_everywhere(self, context: PlaybackContext, message: TopicMessage) -> None:
        self._topics.publish(context.topic, message)
        for player in _mirroring_players(context):
            self._topics.publish(player.topic, message)

    def _publish_queue_ops(self, context: PlaybackContext, ops: tuple[QueueOp, ...]) -> None:
        queue = context.playback.queue
        update = QueueUpdated(revision=queue.revision, current_index=queue.current_index, total=len(queue), ops=ops)
        self._topics.publish(context.topic, update)
        if any(isinstance(op, AddOp) and len(op.items) > MAX_MIRRORED_ITEMS for op in ops):
            update = queue_snapshot(context.playback, ResetOp())
        for player in _mirroring_players(context):
            if player.public_playback is context.playback:
                self._topics.publish(player.topic, update)

    # ------------------------------------------------------------ messages to players

    def publish_play_messages(self, player: Player) -> None:
        """Publish everything again that a player needs to render its playback."""
        for message in self.play_messages.all_for(player):
            self._topics.publish(f"play:{player.player_id}", message)
        # Its lead time may have changed, too.
        self.schedule(player.room or player)

    def publish_preparation(self, player: Player) -> None:
        """Publish the item again that a player has to prepare."""
        if (message := self.play_messages.preparation(player)) is not None:
            self._topics.publish(f"play:{player.player_id}", message)

    def publish_announcement(self, player: Player) -> None:
        """Publish the announcement that a player mixes with its playback, or that there is none any more."""
        message = self.play_messages.announcement(player) or announcement_order(None, None, self._clock.now_us())
        self._topics.publish(f"play:{player.player_id}", message)

    def publish_switch(self, player: Player) -> None:
        """Publish the playback of a player that has entered or left a room."""
        if player.active_playback.order is None:
            stop = Order("stop", None, 0.0, self._clock.now_us(), 0.0)
            self._topics.publish(f"play:{player.player_id}", synchronized_playback(stop, None))
        self.publish_play_messages(player)
        self._topics.publish(player.topic, player.status())
        self._topics.publish(player.topic, queue_snapshot(player.public_playback, ResetOp()))

    def _publish_orders(self, context: PlaybackContext) -> None:
        orders = list(self.play_messages.orders(context))
        playback = context.playback
        if playback.decided_us is not None and (late_us := self._clock.now_us() - playback.decided_us) > 0:
            # The time that players have to follow an order begins when it is sent, not before it is made.
            playback.delay_order(late_us)
            orders = [(player, delayed(message, late_us)) for player, message in orders]
        for player, message in orders:
            self._topics.publish(f"play:{player.player_id}", message)
        if len(orders) == 1:
            # The lead of a single player is too short to wait for the end of this turn of the event loop.
            self._topics.flush(f"play:{orders[0][0].player_id}")

    def _publish_prepare(self, context: PlaybackContext) -> None:
        for player, message in self.play_messages.preparations(context):
            self._topics.publish(f"play:{player.player_id}", message)

    def _limits_changed(self, limits: Limits) -> None:
        for context in tuple(self._contexts.values()):
            context.playback.crossfade_seconds = limits.crossfade
            self._publish_prepare(context)
            self.schedule(context)

    # ------------------------------------------------------------ media

    def _media_found(self, media_content_id: str) -> None:
        for context in tuple(self._contexts.values()):
            playback = context.playback
            if playback.order and _is_of(playback.order.item, media_content_id):
                self._publish_orders(context)
            if _is_of(playback.next_item, media_content_id):
                self._publish_prepare(context)

    def _media_failed(self, media_content_id: str) -> None:
        for context in tuple(self._contexts.values()):
            playback = context.playback
            handed_over = playback.queue.locked_item_id is not None and _is_of(playback.next_item, media_content_id)
            item = playback.order.item if playback.order and playback.timeline.playing else None
            if item is not None and playback.is_current(item.queue_item_id) and _is_of(item, media_content_id):
                # After a restart, an item is played whose media may not exist any more.
                self._spawn(self._media_resolver.skip(playback))
            elif handed_over and (following := playback.queue.after(playback.queue.locked_item_id)) is not None:
                self.start(playback, following, "skipped")


def _mirroring_players(context: PlaybackContext) -> Iterator[Player]:
    # The players of a room.
    return (player for player in context.renderers if player is not context)


def _is_of(item: QueueItem | None, media_content_id: str) -> bool:
    return item is not None and item.track.media_content_id == media_content_id
