"""Writes the albums into which tracks are grouped."""

from collections import Counter
from collections.abc import Sequence
import sqlite3
from typing import Any, Final

from ..folder_names import album_folder
from .albums import AlbumTrack, FoundAlbum, group_albums
from .names import ARTISTS, named_row, restore_favourite
from .search_entries import ALBUM, drop_entry, put_entry
from .states import DELETED
from .text import identity_key, sort_key
from .touched import Touched

_TRACKS: Final = (
    "SELECT t.id, t.fingerprint, f.path, t.album_title, t.main_artist, t.tagged_album_artist, t.tagged_compilation,"
    " t.release_id, t.year, t.disc_number, t.track_number, max(t.mtime_ns, t.ctime_ns), t.album"
    f" FROM tracks t LEFT JOIN folders f ON f.id = t.folder WHERE t.album_key = ? AND t.state < {DELETED}"
)


def write_albums(index: sqlite3.Connection, touched: Touched, limit: int | None = None) -> set[str]:
    """Group the tracks that have the album titles of `touched`; add the albums that changed to it.

    Return the titles that were left out because more than `limit` tracks have them.
    """
    left_out: set[str] = set()
    for key in sorted(touched.album_keys):
        rows = index.execute(_TRACKS, (key,)).fetchall()
        if limit is not None and len(rows) > limit:
            left_out.add(key)
            continue
        before = {row[0]: row[-1] for row in rows}
        _write(index, key, group_albums(_track(row[:-1]) for row in rows), before)
        touched.albums.update(row for row in before.values() if row is not None)
        touched.albums.update(
            row for (row,) in index.execute("SELECT DISTINCT album FROM tracks WHERE album_key = ?", (key,)) if row
        )
    return left_out


def _track(row: Sequence[Any]) -> AlbumTrack:
    track = AlbumTrack(*row)
    return track._replace(folder=album_folder(track.folder or b""), compilation=bool(track.compilation))


def _write(index: sqlite3.Connection, key: str, albums: Sequence[FoundAlbum], before: dict[int, int | None]) -> None:
    rows = _claim_rows(index, key, albums, before)
    # Two albums may exchange their ids: those that change get a temporary one first.
    index.executemany(
        "UPDATE albums SET album_id = '~' || id WHERE id = ? AND album_id <> ?",
        [(row, album.album_id) for album, row in zip(albums, rows, strict=True) if row is not None],
    )
    for album, claimed in zip(albums, rows, strict=True):
        row = _write_album(index, album, claimed)
        sort = f"{sort_key(album.title)}\t{sort_key(album.artist or '')}\t{album.year:04}\t{album.album_id}"
        index.executemany(
            "UPDATE tracks SET album = ?1, album_artist = ?2, compilation = ?3, album_sort = ?4 WHERE id = ?5",
            [(row, album.artist, album.compilation, sort, track.row) for track in album.tracks],
        )


def _claim_rows(
    index: sqlite3.Connection, key: str, albums: Sequence[FoundAlbum], before: dict[int, int | None]
) -> list[int | None]:
    """Return for each album the row that most of its tracks belonged to, so that a favourite stays with its music."""
    known = {
        row
        for row in {row for row in before.values() if row is not None}
        for (title,) in index.execute("SELECT title FROM albums WHERE id = ?", (row,))
        if identity_key(title) == key
    }
    claims = Counter(
        (at, row)
        for at, album in enumerate(albums)
        for track in album.tracks
        if (row := before[track.row]) is not None and row in known
    )
    found: dict[int, int] = {}
    for (at, row), _ in sorted(claims.items(), key=lambda claim: (-claim[1], claim[0])):
        if at not in found and row not in found.values():
            found[at] = row
    return [found.get(at) for at in range(len(albums))]


def _write_album(index: sqlite3.Connection, album: FoundAlbum, row: int | None) -> int:
    """Write an album into its row, the row that has its id, or a new row; return the row."""
    other = index.execute("SELECT id, favourite FROM albums WHERE album_id = ?", (album.album_id,)).fetchone()
    if row is None and other is not None:
        row = int(other[0])
    elif row is not None and other is not None and other[0] != row:
        # The other row has no tracks any more; only its favourite mark is kept.
        index.execute("UPDATE albums SET favourite = favourite OR ? WHERE id = ?", (other[1], row))
        drop_entry(index, ALBUM, other[0])
        index.execute("UPDATE tracks SET album = NULL WHERE album = ?", (other[0],))
        index.execute("DELETE FROM albums WHERE id = ?", (other[0],))
    artist = None if album.artist is None else named_row(index, ARTISTS, album.artist)
    values = {
        "album_id": album.album_id,
        "former_id": album.former_id,
        "title": album.title,
        "sort": sort_key(album.title),
        "artist": artist,
        "artist_name": album.artist,
        "artist_sort": sort_key(album.artist or ""),
    }
    if row is None:
        (row,) = index.execute(
            f"INSERT INTO albums ({', '.join(values)}) VALUES (:{', :'.join(values)}) RETURNING id", values
        ).fetchone()
        restore_favourite(index, "albums", row, album.album_id, album.former_id)
        put_entry(index, ALBUM, row, album.title, album.artist)
        return int(row)
    named = index.execute("SELECT title, artist_name FROM albums WHERE id = ?", (row,)).fetchone()
    index.execute(
        f"UPDATE albums SET {', '.join(f'{name} = :{name}' for name in values)} WHERE id = :row", {**values, "row": row}
    )
    if named != (album.title, album.artist):
        put_entry(index, ALBUM, row, album.title, album.artist)
    return row
