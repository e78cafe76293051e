"""The gain with which players play an item, so that tracks sound equally loud."""

import math
from typing import Final

from msgspec import UNSET

from ..protocol.types import QueueItem, Track
from .queue import Queue

MIN_GAIN_DB: Final = -60.0


def gain_db(queue: Queue, item: QueueItem, mode: str, preamp_db: float) -> float | None:
    """Return the gain of an item in dB; `None` if its loudness isn't known, or `mode` is off.

    Args:
        queue: The queue of the item; an item that isn't in it has no neighbours.
        item: The item.
        mode: One of `LOUDNESS_MODES` of the limits.
        preamp_db: Added to each gain.

    Samples never exceed full scale: a gain is reduced as far as the peak demands, and an unknown peak counts as full scale.
    """
    if mode == "off":
        return None
    track = item.track
    of_track = (_known(track.track_gain), _known(track.track_peak))
    of_album = (_known(track.album_gain), _known(track.album_peak))
    prefers_album = mode == "album" or (mode == "auto" and _plays_as_album(queue, item))
    gain, peak = of_album if prefers_album else of_track
    if gain is None:
        gain, peak = of_track if prefers_album else of_album
    if gain is None:
        return None
    headroom_db = -20 * math.log10(peak) if peak else 0.0
    return round(max(MIN_GAIN_DB, min(gain + preamp_db, headroom_db)), 2)


def continues_album(track: Track, following: Track) -> bool:
    """Return whether a track follows another one on the same album."""
    if track.album is None or (track.album, _artist(track)) != (following.album, _artist(following)):
        return False
    if track.track_number is None or following.track_number is None:
        return False
    disc, following_disc = track.disc_number or 1, following.disc_number or 1
    if disc == following_disc:
        return following.track_number == track.track_number + 1
    return following_disc == disc + 1 and following.track_number == 1


def _plays_as_album(queue: Queue, item: QueueItem) -> bool:
    if not queue.has(item.queue_item_id):
        return False
    before, after = queue.before(item.queue_item_id), queue.after(item.queue_item_id)
    return (before is not None and continues_album(before.track, item.track)) or (
        after is not None and continues_album(item.track, after.track)
    )


def _artist(track: Track) -> str | None:
    return track.album_artist or track.artist


def _known(value: object) -> float | None:
    return None if value is UNSET or not isinstance(value, float | int) else float(value)
