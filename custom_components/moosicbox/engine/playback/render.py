"""Makes messages of playbacks, queues and orders."""

import msgspec
from msgspec import UNSET, UnsetType

from ..protocol.server import AnnouncementOrder, PlaybackStatus, Prepare, QueueUpdated, SynchronizedPlayback
from ..protocol.types import Chapter, CurrentChapter, PlayableTrack, QueueItem, QueueOp
from .events import MixedAnnouncement, Order
from .media import StreamAddress
from .playback import Playback


def playback_status(
    playback: Playback,
    volume: float,
    *,
    muted: bool,
    player_id: str | UnsetType = UNSET,
    room_id: str | UnsetType = UNSET,
) -> PlaybackStatus:
    """Return what a player or a room plays."""
    timeline, item = playback.timeline, playback.current
    return PlaybackStatus(
        player_id=player_id,
        room_id=room_id,
        is_playing=timeline.playing,
        state=timeline.state,
        current_track=item.track if item else None,
        queue_item_id=item.queue_item_id if item else None,
        position_seconds=round(timeline.position, 6),
        anchor_us=timeline.anchor_us,
        rate=timeline.rate,
        duration_seconds=playback.duration,
        stream_title=playback.stream_title or UNSET,
        chapter=current_chapter(playback),
        volume=volume,
        muted=muted,
        shuffle=playback.queue.shuffled,
        repeat=playback.repeat,
        autoplay=playback.autoplay,
        speed=playback.speed,
        queue_length=len(playback.queue),
        queue_revision=playback.queue.revision,
    )


def current_chapter(playback: Playback) -> CurrentChapter | UnsetType:
    """Return the chapter that plays; UNSET if the item has none."""
    if (index := playback.chapter_index) is None:
        return UNSET
    return numbered(playback.chapters, index)


def numbered(chapters: tuple[Chapter, ...], index: int) -> CurrentChapter:
    """Return a chapter with its number."""
    return CurrentChapter(**msgspec.structs.asdict(chapters[index]), number=index + 1, count=len(chapters))


def queue_snapshot(playback: Playback, *ops: QueueOp) -> QueueUpdated:
    """Return a queue's first page, for clients that don't know it."""
    queue = playback.queue
    return QueueUpdated(
        revision=queue.revision,
        current_index=queue.current_index,
        total=len(queue),
        ops=ops,
        queue=queue.page(),
    )


def playable(item: QueueItem, address: StreamAddress) -> PlayableTrack:
    """Return an item's track with a stream address."""
    return PlayableTrack(**msgspec.structs.asdict(item.track), stream_url=address.url)


def synchronized_playback(
    order: Order,
    address: StreamAddress | None,
    room_id: str | UnsetType = UNSET,
    gain_db: float | None = None,
) -> SynchronizedPlayback:
    """Return an order to a player; without an address, it has no track."""
    item = order.item
    return SynchronizedPlayback(
        command=order.command,
        queue_item_id=item.queue_item_id if item else None,
        track=playable(item, address) if item and address else None,
        start_position=round(order.position, 6),
        sync_time_us=order.sync_time_us,
        rate=order.rate,
        room_id=room_id,
        gain_db=gain_db or UNSET,
        crossfade=order.crossfade or UNSET,
    )


def delayed(message: SynchronizedPlayback, delay_us: int) -> SynchronizedPlayback:
    """Return `message` with a later time."""
    return msgspec.structs.replace(message, sync_time_us=message.sync_time_us + delay_us)


def announcement_order(
    announcement: MixedAnnouncement | None, address: StreamAddress | None, now_us: int
) -> AnnouncementOrder:
    """Return the order to mix an announcement with the music, or to end the one before."""
    if announcement is None or address is None:
        return AnnouncementOrder(announcement_id=None, track=None, sync_time_us=now_us, ducking_db=0.0)
    item, sync_time_us, ducking_db = announcement
    return AnnouncementOrder(
        announcement_id=item.queue_item_id,
        track=playable(item, address),
        sync_time_us=sync_time_us,
        ducking_db=ducking_db,
    )


def compensated[M: (SynchronizedPlayback, AnnouncementOrder)](message: M, output_delay_ms: float) -> M:
    """Return `message` with an earlier time, for a player whose loudspeakers have a delay."""
    early_us = round(output_delay_ms * 1000)
    return msgspec.structs.replace(message, sync_time_us=message.sync_time_us - early_us) if early_us else message


def prepare(item: QueueItem | None, address: StreamAddress | None, gain_db: float | None = None) -> Prepare:
    """Return the order to prepare an item, or none."""
    if item is None or address is None:
        return Prepare(queue_item_id=None, track=None)
    return Prepare(queue_item_id=item.queue_item_id, track=playable(item, address), gain_db=gain_db or UNSET)
