"""The index's tables, as numbered steps from nothing to now. A step that was delivered is never changed."""

import sqlite3
from typing import Final

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

STEPS: Final = (_FIRST,)


def migrate(index: sqlite3.Connection) -> None:
    """Take the steps that this index hasn't taken yet; all of one or nothing of it."""
    (version,) = index.execute("PRAGMA user_version").fetchone()
    if version > len(STEPS):
        raise TooNew(f"The index was made by a later version ({version})")
    for number, step in enumerate(STEPS[version:], version + 1):
        index.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")


class TooNew(Exception):
    """A later version wrote this index: it is set aside."""
