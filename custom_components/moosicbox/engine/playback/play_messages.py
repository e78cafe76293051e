"""The messages that tell players what to render."""

from collections.abc import Callable, Iterator

from ..limits import SharedLimits
from ..protocol.server import AlarmTone, SynchronizedPlayback, TopicMessage
from ..protocol.types import QueueItem
from .events import Order
from .gain import gain_db
from .media import Accepts
from .media_resolver import MediaResolver
from .player import PlaybackContext, Player
from .render import announcement_order, compensated, prepare, synchronized_playback


class PlayMessages:
    """Makes the messages for the topics `play:<player id>`, with stream addresses that suit each player.

    A message whose item has no known media is left out. Its media is then looked up, and the message sent later.
    """

    def __init__(self, media_resolver: MediaResolver, limits: SharedLimits) -> None:
        self._media_resolver = media_resolver
        self._limits = limits

    def all_for(self, player: Player) -> list[TopicMessage]:
        """Return everything that a player needs to begin: its volume, the order, the next item, an announcement."""
        context: PlaybackContext = player.room or player
        order = self._order(context, player.accepts, player.announcement or context.playback.order_for_newcomer())
        messages = (
            player.volume_update(),
            order and compensated(order, player.output_delay_ms),
            self._prepare(context, player.accepts),
            AlarmTone(sounds=True) if player.sounds_tone else None,
            self.announcement(player),
        )
        return [message for message in messages if message is not None]

    def announcement(self, player: Player) -> TopicMessage | None:
        """Return the announcement that a player mixes with its playback; `None` if there is none."""
        if (announcement := player.mixed_announcement) is None:
            return None
        if (address := self._media_resolver.stream_address(announcement.item, player.accepts)) is None:
            return None
        message = announcement_order(announcement, address, announcement.sync_time_us)
        return compensated(message, player.output_delay_ms)

    def orders(self, context: PlaybackContext) -> Iterator[tuple[Player, SynchronizedPlayback]]:
        """Yield the last order of a playback for each player that renders it."""
        order = context.playback.order
        for player, message in _for_renderers(context, lambda accepts: self._order(context, accepts, order)):
            yield player, compensated(message, player.output_delay_ms)

    def preparation(self, player: Player) -> TopicMessage | None:
        """Return the next item of the playback that a player renders; `None` if its media isn't known yet."""
        return self._prepare(player.room or player, player.accepts)

    def preparations(self, context: PlaybackContext) -> Iterator[tuple[Player, TopicMessage]]:
        """Yield the next item of a playback for each player that renders it."""
        return _for_renderers(context, lambda accepts: self._prepare(context, accepts))

    def _order(self, context: PlaybackContext, accepts: Accepts, order: Order | None) -> SynchronizedPlayback | None:
        if order is None:
            return None
        address = None
        if order.item is not None:
            address = self._media_resolver.stream_address(order.item, accepts, order.live_since_us)
        if order.item is not None and address is None:
            return None
        return synchronized_playback(order, address, context.room_id, self._gain_db(context, order.item))

    def _prepare(self, context: PlaybackContext, accepts: Accepts) -> TopicMessage | None:
        item: QueueItem | None = context.playback.next_item
        if item is not None and context.playback.is_shared(item):
            # Its sound depends on the time at which it starts.
            item = None
        address = self._media_resolver.stream_address(item, accepts) if item else None
        if item is not None and address is None:
            return None
        return prepare(item, address, self._gain_db(context, item))

    def _gain_db(self, context: PlaybackContext, item: QueueItem | None) -> float | None:
        limits = self._limits.current
        if item is None:
            return None
        return gain_db(context.playback.queue, item, limits.loudness, limits.loudness_preamp)


def _for_renderers[M](
    context: PlaybackContext, make_message: Callable[[Accepts], M | None]
) -> Iterator[tuple[Player, M]]:
    # Players that accept the same types get the same message. One that makes an announcement gets it after that.
    messages: dict[Accepts, M | None] = {}
    for player in context.renderers:
        if player.announcement is not None:
            continue
        if player.accepts not in messages:
            messages[player.accepts] = make_message(player.accepts)
        if (message := messages[player.accepts]) is not None:
            yield player, message
