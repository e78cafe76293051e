"""The totals of albums, artists and genres over their tracks."""

import sqlite3
from typing import Final

from .states import DELETED
from .touched import Touched

_ALBUM: Final = f"""
    UPDATE albums SET
        tracks = found.tracks,
        duration = found.duration,
        year = found.year,
        compilation = found.compilation,
        added_at = found.added_at,
        picture_track = found.picture,
        measured_gain = CASE WHEN albums.tracks = found.tracks THEN measured_gain END,
        measured_peak = CASE WHEN albums.tracks = found.tracks THEN measured_peak END
    FROM (
        SELECT
            count(*) AS tracks,
            coalesce(sum(t.duration), 0) AS duration,
            coalesce(min(nullif(t.year, 0)), 0) AS year,
            coalesce(max(t.compilation), 0) AS compilation,
            coalesce(min(t.added_at), 0) AS added_at,
            min(CASE WHEN t.picture OR f.artwork IS NOT NULL THEN t.id END) AS picture
        FROM tracks t LEFT JOIN folders f ON f.id = t.folder WHERE t.album = ?1 AND t.state < {DELETED}
    ) AS found WHERE id = ?1
"""
_ARTIST: Final = f"""
    UPDATE artists SET tracks = found.tracks, albums = found.albums, picture_album = found.picture
    FROM (
        SELECT
            count(*) AS tracks,
            count(DISTINCT t.album) AS albums,
            min(CASE WHEN a.picture_track IS NOT NULL AND a.artist = ?1 THEN a.id END) AS picture
        FROM track_artists l JOIN tracks t ON t.id = l.track LEFT JOIN albums a ON a.id = t.album
        WHERE l.artist = ?1 AND t.state < {DELETED}
    ) AS found WHERE id = ?1
"""
_GENRE: Final = f"""
    UPDATE genres SET tracks = (
        SELECT count(*) FROM track_genres l JOIN tracks t ON t.id = l.track WHERE l.genre = ?1 AND t.state < {DELETED}
    ) WHERE id = ?1
"""


def count_totals(index: sqlite3.Connection, touched: Touched) -> None:
    """Compute the totals of the touched albums, artists and genres again."""
    for statement, rows in ((_ALBUM, touched.albums), (_ARTIST, touched.artists), (_GENRE, touched.genres)):
        index.executemany(statement, [(row,) for row in rows])
