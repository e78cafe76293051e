"""Measured loudness in the index: of tracks, and of albums from their tracks."""

import math
import sqlite3
import time
from typing import Final, NamedTuple

from .states import DELETED, PRESENT

REFERENCE_LUFS: Final = -18.0
"""The loudness to which gains bring a track, as ReplayGain 2 has it."""
MAX_ALBUMS: Final = 200
"""Most albums that are written in one transaction."""


class ToMeasure(NamedTuple):
    """A track whose loudness isn't known."""

    row: int
    fingerprint: str
    path: bytes
    mime_type: str


def next_track(index: sqlite3.Connection, after: int) -> ToMeasure | None:
    """Return the first track to measure after this row; None if there is none."""
    row = index.execute(
        "SELECT t.id, t.fingerprint, CAST(f.path || '/' || t.name AS BLOB), t.mime_type FROM tracks t"
        " JOIN folders f ON f.id = t.folder"
        f" WHERE t.track_gain IS NULL AND t.measured_at = 0 AND t.state = {PRESENT} AND t.id > ? ORDER BY t.id LIMIT 1",
        (after,),
    ).fetchone()
    return None if row is None else ToMeasure(*row)


def write_track(index: sqlite3.Connection, track: ToMeasure, gain: float | None, peak: float | None) -> None:
    """Write the measured loudness, unless the track's sound has changed meanwhile."""
    index.execute(
        "UPDATE tracks SET measured_gain = ?, measured_peak = ?, measured_at = ? WHERE id = ? AND fingerprint = ?",
        (gain, peak, int(time.time()), track.row, track.fingerprint),
    )


def write_albums(index: sqlite3.Connection) -> None:
    """Write the gains of albums whose tracks are all measured, or tagged."""
    rows = index.execute(
        "SELECT a.id FROM albums a WHERE a.measured_gain IS NULL AND a.tracks > 0 AND EXISTS"
        f" (SELECT 1 FROM tracks t WHERE t.album = a.id AND t.state < {DELETED} AND t.album_gain IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM tracks t WHERE t.album = a.id"
        f" AND t.state < {DELETED} AND t.track_gain IS NULL AND t.measured_gain IS NULL) LIMIT {MAX_ALBUMS}"
    ).fetchall()
    for (row,) in rows:
        tracks = index.execute(
            "SELECT coalesce(track_gain, measured_gain), coalesce(track_peak, measured_peak), duration FROM tracks"
            f" WHERE album = ? AND state < {DELETED}",
            (row,),
        ).fetchall()
        # An album's loudness is the mean of its tracks' energy, weighted by their durations.
        total = sum(duration for _, _, duration in tracks)
        energy = sum(10 ** (-gain / 10) * duration for gain, _, duration in tracks)
        gain = -10 * math.log10(energy / total) if total and energy else None
        peak = max((peak for _, peak, _ in tracks if peak is not None), default=None)
        if gain is not None:
            index.execute(
                "UPDATE albums SET measured_gain = ?, measured_peak = ? WHERE id = ?", (round(gain, 2), peak, row)
            )
