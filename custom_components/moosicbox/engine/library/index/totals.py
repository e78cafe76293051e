"""What albums, artists and genres say of their tracks: counted anew from the tracks whenever some of them change."""

import sqlite3

from ..scan.comparison import GONE


class Touched:
    """The rows whose sums must be counted again."""

    def __init__(self) -> None:
        """None yet."""
        self.albums: set[int] = set()
        self.artists: set[int] = set()
        self.genres: set[int] = set()

    def add(self, index: sqlite3.Connection, track: int) -> None:
        """All that a track belongs to now."""
        (album,) = index.execute("SELECT album FROM tracks WHERE id = ?", (track,)).fetchone()
        if album is not None:
            self.albums.add(album)
        self.artists.update(
            row for (row,) in index.execute("SELECT artist FROM track_artists WHERE track = ?", (track,))
        )
        self.genres.update(row for (row,) in index.execute("SELECT genre FROM track_genres WHERE track = ?", (track,)))


def refresh(index: sqlite3.Connection, touched: Touched) -> None:
    """Count."""
    index.executemany(
        """
        UPDATE albums SET
            tracks = found.tracks,
            duration = found.duration,
            year = found.year,
            compilation = found.compilation,
            added_at = found.added_at,
            picture_track = found.picture
        FROM (
            SELECT
                count(*) AS tracks,
                coalesce(sum(t.duration), 0) AS duration,
                coalesce(min(nullif(t.year, 0)), 0) AS year,
                coalesce(max(t.compilation), 0) AS compilation,
                coalesce(min(t.added_at), 0) AS added_at,
                min(CASE WHEN t.picture OR f.artwork IS NOT NULL THEN t.id END) AS picture
            FROM tracks t LEFT JOIN folders f ON f.id = t.folder WHERE t.album = ?1 AND t.state < ?2
        ) AS found WHERE id = ?1
        """,
        [(row, GONE) for row in touched.albums],
    )
    index.executemany(
        """
        UPDATE artists SET tracks = found.tracks, albums = found.albums, picture_album = found.picture
        FROM (
            SELECT
                count(*) AS tracks,
                count(DISTINCT t.album) AS albums,
                min(CASE WHEN a.picture_track IS NOT NULL AND a.artist = ?1 THEN a.album_id END) AS picture
            FROM track_artists l JOIN tracks t ON t.id = l.track LEFT JOIN albums a ON a.id = t.album
            WHERE l.artist = ?1 AND t.state < ?2
        ) AS found WHERE id = ?1
        """,
        [(row, GONE) for row in touched.artists],
    )
    index.executemany(
        """
        UPDATE genres SET tracks = (
            SELECT count(*) FROM track_genres l JOIN tracks t ON t.id = l.track WHERE l.genre = ?1 AND t.state < ?2
        ) WHERE id = ?1
        """,
        [(row, GONE) for row in touched.genres],
    )
