"""The totals, spellings and albums that a change of tracks makes out of date."""

import sqlite3


class Touched:
    """Rows and album titles that changed tracks belonged to before, or belong to now."""

    def __init__(self) -> None:
        self.albums: set[int] = set()
        self.artists: set[int] = set()
        self.genres: set[int] = set()
        self.album_keys: set[str] = set()

    def add(self, index: sqlite3.Connection, track: int) -> None:
        """Add all that a track belongs to now."""
        album, album_key = index.execute("SELECT album, album_key FROM tracks WHERE id = ?", (track,)).fetchone()
        if album is not None:
            self.albums.add(album)
        if album_key is not None:
            self.album_keys.add(album_key)
        self.artists.update(
            row for (row,) in index.execute("SELECT artist FROM track_artists WHERE track = ?", (track,))
        )
        self.genres.update(row for (row,) in index.execute("SELECT genre FROM track_genres WHERE track = ?", (track,)))
