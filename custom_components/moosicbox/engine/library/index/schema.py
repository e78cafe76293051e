"""The index's tables, as numbered migration steps from an empty file. A released step is never changed.

A step after which files have to be read again, such as one that comes with a better reader, sets their `mtime_ns` to -1
and empties `unreadable`.
"""

from collections.abc import Callable
import sqlite3
from typing import Final, NamedTuple

from .ids import former_id, id_of
from .search_entries import ALBUM, ARTIST, GENRE, PLAYLIST, put_entry
from .text import sort_key

_FIRST: Final = """
CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    volume BLOB NOT NULL,
    artwork BLOB,
    artwork_mtime_ns INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE artists (
    id INTEGER PRIMARY KEY,
    artist_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sort TEXT NOT NULL,
    tracks INTEGER NOT NULL DEFAULT 0,
    albums INTEGER NOT NULL DEFAULT 0,
    picture_album TEXT,
    favourite INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX artists_by_name ON artists (sort, id);
CREATE INDEX artists_by_tracks ON artists (tracks, id);
CREATE TABLE albums (
    id INTEGER PRIMARY KEY,
    album_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    sort TEXT NOT NULL,
    artist INTEGER REFERENCES artists (id) ON DELETE SET NULL,
    artist_name TEXT,
    artist_sort TEXT NOT NULL DEFAULT '',
    year INTEGER NOT NULL DEFAULT 0,
    tracks INTEGER NOT NULL DEFAULT 0,
    duration REAL NOT NULL DEFAULT 0,
    compilation INTEGER NOT NULL DEFAULT 0,
    added_at INTEGER NOT NULL DEFAULT 0,
    picture_track INTEGER,
    favourite INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX albums_by_title ON albums (sort, id);
CREATE INDEX albums_by_artist ON albums (artist_sort, year, sort, id);
CREATE INDEX albums_by_year ON albums (year, sort, id);
CREATE INDEX albums_by_added ON albums (added_at, id);
CREATE INDEX albums_of_artist ON albums (artist);
CREATE TABLE genres (
    id INTEGER PRIMARY KEY,
    genre_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sort TEXT NOT NULL,
    tracks INTEGER NOT NULL DEFAULT 0,
    favourite INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX genres_by_name ON genres (sort, id);
CREATE TABLE tracks (
    id INTEGER PRIMARY KEY,
    track_id TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    folder INTEGER REFERENCES folders (id),
    name BLOB,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    gone_at INTEGER,
    title TEXT NOT NULL,
    sort TEXT NOT NULL,
    artist TEXT,
    artist_sort TEXT NOT NULL,
    album INTEGER REFERENCES albums (id),
    album_title TEXT,
    album_sort TEXT NOT NULL,
    album_artist TEXT,
    genre TEXT,
    year INTEGER NOT NULL,
    track_number INTEGER NOT NULL,
    disc_number INTEGER NOT NULL,
    compilation INTEGER NOT NULL,
    duration REAL NOT NULL,
    codec TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    bitrate INTEGER NOT NULL,
    sample_rate INTEGER NOT NULL,
    channels INTEGER NOT NULL,
    picture INTEGER NOT NULL,
    track_gain REAL,
    track_peak REAL,
    album_gain REAL,
    album_peak REAL,
    added_at INTEGER NOT NULL,
    favourite INTEGER NOT NULL DEFAULT 0,
    play_count INTEGER NOT NULL DEFAULT 0,
    played_at INTEGER NOT NULL DEFAULT 0,
    UNIQUE (folder, name)
);
CREATE INDEX tracks_by_fingerprint ON tracks (fingerprint);
CREATE INDEX tracks_by_title ON tracks (sort, id);
CREATE INDEX tracks_by_artist ON tracks (artist_sort, album_sort, disc_number, track_number, id);
CREATE INDEX tracks_by_album ON tracks (album_sort, disc_number, track_number, id);
CREATE INDEX tracks_by_year ON tracks (year, sort, id);
CREATE INDEX tracks_by_added ON tracks (added_at, id);
CREATE INDEX tracks_by_duration ON tracks (duration, id);
CREATE INDEX tracks_by_plays ON tracks (play_count, id);
CREATE INDEX tracks_by_played ON tracks (played_at, id);
CREATE INDEX tracks_of_album ON tracks (album, disc_number, track_number, id);
CREATE INDEX tracks_not_here ON tracks (state, gone_at) WHERE state <> 0;
CREATE INDEX favourite_tracks ON tracks (sort, id) WHERE favourite;
CREATE TABLE track_artists (
    artist INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
    track INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    PRIMARY KEY (artist, track)
) WITHOUT ROWID;
CREATE INDEX artists_of_track ON track_artists (track, place);
CREATE TABLE track_genres (
    genre INTEGER NOT NULL REFERENCES genres (id) ON DELETE CASCADE,
    track INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
    PRIMARY KEY (genre, track)
) WITHOUT ROWID;
CREATE INDEX genres_of_track ON track_genres (track);
CREATE TABLE lyrics (
    track INTEGER PRIMARY KEY REFERENCES tracks (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE TABLE playlists (
    id INTEGER PRIMARY KEY,
    playlist_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sort TEXT NOT NULL,
    folder BLOB,
    file_name BLOB,
    mtime_ns INTEGER,
    updated_at INTEGER NOT NULL,
    favourite INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX playlists_by_name ON playlists (sort, id);
CREATE INDEX playlists_by_updated ON playlists (updated_at, id);
CREATE TABLE playlist_items (
    playlist INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    track_id TEXT,
    folder BLOB,
    name BLOB,
    PRIMARY KEY (playlist, place)
) WITHOUT ROWID;
CREATE TABLE kept (
    item_id TEXT PRIMARY KEY,
    favourite INTEGER NOT NULL,
    play_count INTEGER NOT NULL,
    played_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE near_words (part TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (part, word)) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5 (
    name, context, prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co So Sc Sm Sk'"
);
"""

_SECOND: Final = """
ALTER TABLE tracks ADD COLUMN ctime_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE tracks ADD COLUMN main_artist TEXT;
ALTER TABLE tracks ADD COLUMN tagged_album_artist TEXT;
ALTER TABLE tracks ADD COLUMN tagged_compilation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN album_key TEXT;
ALTER TABLE tracks ADD COLUMN release_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tracks ADD COLUMN measured_gain REAL;
ALTER TABLE tracks ADD COLUMN measured_peak REAL;
ALTER TABLE tracks ADD COLUMN measured_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tracks_by_name_key ON tracks (name_key);
CREATE INDEX tracks_by_album_key ON tracks (album_key);
CREATE INDEX tracks_to_measure ON tracks (id) WHERE track_gain IS NULL AND measured_at = 0;
ALTER TABLE track_artists ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE track_genres ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE artists ADD COLUMN former_id TEXT;
ALTER TABLE albums ADD COLUMN former_id TEXT;
ALTER TABLE albums ADD COLUMN measured_gain REAL;
ALTER TABLE albums ADD COLUMN measured_peak REAL;
CREATE INDEX artists_by_former_id ON artists (former_id) WHERE former_id NOT NULL;
CREATE INDEX albums_by_former_id ON albums (former_id) WHERE former_id NOT NULL;
ALTER TABLE playlist_items ADD COLUMN entry BLOB;
CREATE TABLE unreadable (
    folder BLOB NOT NULL,
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    reason TEXT NOT NULL,
    noticed_at INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID;
UPDATE folders SET artwork = CAST(CAST(path AS TEXT) || '/' || CAST(artwork AS TEXT) AS BLOB) WHERE artwork NOT NULL;
UPDATE artists SET picture_album = (SELECT a.id FROM albums a WHERE a.album_id = picture_album);
UPDATE tracks SET mtime_ns = -1;
UPDATE playlists SET mtime_ns = -1;
"""


_THIRD: Final = """
CREATE TABLE user_favourites (
    user_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    PRIMARY KEY (user_id, item_id)
) WITHOUT ROWID;
CREATE TABLE user_plays (
    user_id TEXT NOT NULL,
    track_id TEXT NOT NULL,
    play_count INTEGER NOT NULL,
    played_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, track_id)
) WITHOUT ROWID;
CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    track_id TEXT NOT NULL,
    played_at INTEGER NOT NULL
);
CREATE INDEX history_of_user ON history (user_id, id);
CREATE TABLE scrobblers (
    user_id TEXT PRIMARY KEY,
    token TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE scrobbles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    listen BLOB NOT NULL
);
ALTER TABLE playlists ADD COLUMN rules BLOB;
ALTER TABLE playlists ADD COLUMN owner TEXT NOT NULL DEFAULT '';
"""


_FOURTH: Final = """
CREATE TABLE stations (
    id INTEGER PRIMARY KEY,
    station_id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    name TEXT NOT NULL,
    sort TEXT NOT NULL,
    country TEXT NOT NULL DEFAULT '',
    genre TEXT NOT NULL DEFAULT '',
    artwork_url TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL,
    favourite INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX stations_by_name ON stations (sort, id);
CREATE INDEX stations_by_added ON stations (added_at, id);
"""


_FIFTH: Final = """
CREATE TABLE podcasts (
    id INTEGER PRIMARY KEY,
    podcast_id TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    sort TEXT NOT NULL,
    author TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    artwork_url TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '',
    modified TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL,
    checked_at INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    favourite INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX podcasts_by_title ON podcasts (sort, id);
CREATE INDEX podcasts_by_due ON podcasts (due_at);
CREATE TABLE episodes (
    id INTEGER PRIMARY KEY,
    episode_id TEXT NOT NULL UNIQUE,
    podcast INTEGER NOT NULL REFERENCES podcasts (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    title TEXT NOT NULL,
    sort TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    artwork_url TEXT NOT NULL DEFAULT '',
    duration REAL NOT NULL DEFAULT 0,
    published_at INTEGER NOT NULL DEFAULT 0,
    chapters_url TEXT NOT NULL DEFAULT '',
    added_at INTEGER NOT NULL
);
CREATE INDEX episodes_by_time ON episodes (published_at, id);
CREATE INDEX episodes_by_title ON episodes (sort, id);
CREATE INDEX episodes_of_podcast ON episodes (podcast, published_at, id);
CREATE TABLE positions (
    user_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    position REAL NOT NULL,
    played INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, item_id)
) WITHOUT ROWID;
CREATE INDEX positions_by_time ON positions (updated_at);
CREATE INDEX positions_of_item ON positions (item_id);
"""


_SIXTH: Final = """
ALTER TABLE episodes ADD COLUMN chapters BLOB NOT NULL DEFAULT x'';
ALTER TABLE episodes ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0;
UPDATE podcasts SET etag = '', modified = '', due_at = 0;
"""


_SEVENTH: Final = """
ALTER TABLE tracks ADD COLUMN book INTEGER GENERATED ALWAYS AS (
    coalesce(lower(substr(CAST(name AS TEXT), -4)) = '.m4b', 0)
    OR coalesce(instr(lower(genre), 'audiobook') OR instr(lower(genre), 'hörbuch'), 0)
) VIRTUAL;
CREATE INDEX books ON tracks (album) WHERE book;
"""


class Step(NamedTuple):
    """Statements, and a function that runs after them in the same transaction."""

    script: str
    then: Callable[[sqlite3.Connection], None] | None = None


def _rename(index: sqlite3.Connection) -> None:
    """Set the ids of artists and albums, and the order of all names, that later versions use."""
    for row, name in index.execute("SELECT id, name FROM artists").fetchall():
        new, former = id_of("ar", name), former_id("ar", name)
        index.execute(
            "UPDATE OR IGNORE artists SET artist_id = ?, former_id = ?, sort = ? WHERE id = ?",
            (new, former, sort_key(name), row),
        )
        put_entry(index, ARTIST, row, name)
    for row, title, artist in index.execute("SELECT id, title, artist_name FROM albums").fetchall():
        new, former = id_of("al", title, artist or ""), former_id("al", title, artist or "")
        index.execute(
            "UPDATE OR IGNORE albums SET album_id = ?, former_id = ?, sort = ?, artist_sort = ? WHERE id = ?",
            (new, former, sort_key(title), sort_key(artist or ""), row),
        )
        put_entry(index, ALBUM, row, title, artist)
    for table, kind in (("genres", GENRE), ("playlists", PLAYLIST)):
        for row, name in index.execute(f"SELECT id, name FROM {table}").fetchall():
            index.execute(f"UPDATE {table} SET sort = ? WHERE id = ?", (sort_key(name), row))
            put_entry(index, kind, row, name)


STEPS: Final = (
    Step(_FIRST),
    Step(_SECOND, _rename),
    Step(_THIRD),
    Step(_FOURTH),
    Step(_FIFTH),
    Step(_SIXTH),
    Step(_SEVENTH),
)


def migrate(index: sqlite3.Connection) -> None:
    """Apply the steps that this index doesn't have yet, each in a transaction.

    Raises:
        TooNew: A later version wrote the index.
    """
    (version,) = index.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise TooNew(f"The index was made by a later version ({version})")
    for number, step in enumerate(STEPS[version:], version + 1):
        try:
            index.executescript(f"BEGIN IMMEDIATE; {step.script}")
            if step.then is not None:
                step.then(index)
            index.execute(f"PRAGMA user_version = {number}")
            index.execute("COMMIT")
        except BaseException:
            if index.in_transaction:
                index.execute("ROLLBACK")
            raise


class TooNew(Exception):
    """A later version wrote this index: it is set aside."""
