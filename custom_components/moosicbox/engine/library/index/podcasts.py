"""The podcasts that the household subscribes to, and their episodes, according to their feeds."""

import sqlite3
from typing import Final, NamedTuple

import msgspec

from ...protocol.errors import Sentence, TrackNotFound, Unavailable
from ..reader.messages import ChapterStart, FeedEpisode, PodcastFeed
from .ids import hashed_id
from .search_entries import EPISODE, PODCAST, drop_entry, put_entry
from .text import sort_key

MAX_PODCASTS: Final = 200
MAX_EPISODES: Final = 1_000
"""Episodes of one podcast that are kept: favourites, and the newest ones."""


class Due(NamedTuple):
    """A feed to be read again."""

    podcast_id: str
    url: str
    etag: str
    modified: str
    failures: int


class Checked(NamedTuple):
    """The outcome of reading a feed; times are Unix times in seconds."""

    checked_at: int
    due_at: int
    etag: str = ""
    modified: str = ""
    failures: int = 0
    error: str = ""


def podcast_id_of(url: str) -> str:
    """Return the id of the podcast whose feed is at an address, the same in every index."""
    return hashed_id("pc", url)


def put(index: sqlite3.Connection, url: str, feed: PodcastFeed, checked: Checked) -> list[str]:
    """Add a podcast, or update it from its feed; return its id, and those of new episodes.

    Episodes that a feed doesn't have any more are kept, up to `MAX_EPISODES`.

    Raises:
        Unavailable: There are too many podcasts.
    """
    podcast_id = podcast_id_of(url)
    require_capacity(index, podcast_id)
    values = {
        "title": feed.title,
        "sort": sort_key(feed.title),
        "author": feed.author,
        "description": feed.description,
        "artwork_url": feed.artwork_url,
    }
    names = ", ".join(values)
    (row,) = index.execute(
        f"INSERT INTO podcasts (podcast_id, url, added_at, {names}) VALUES (:podcast_id, :url, :now, :{', :'.join(values)})"
        f" ON CONFLICT (podcast_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in values)} RETURNING id",
        {"podcast_id": podcast_id, "url": url, "now": checked.checked_at, **values},
    ).fetchone()
    put_entry(index, PODCAST, row, feed.title, feed.author)
    known = dict(index.execute("SELECT episode_id, id FROM episodes WHERE podcast = ?", (row,)).fetchall())
    new = []
    for episode in feed.episodes:
        episode_id = hashed_id("ep", podcast_id, episode.guid)
        if episode_id not in known:
            new.append(episode_id)
        _put_episode(index, row, episode_id, episode, feed, checked.checked_at)
    _forget_oldest(index, row)
    set_checked(index, podcast_id, checked)
    return [podcast_id, *new]


def set_checked(index: sqlite3.Connection, podcast_id: str, checked: Checked) -> None:
    """Store when a feed was read, and when it is read again."""
    index.execute(
        f"UPDATE podcasts SET {', '.join(f'{name} = ?' for name in Checked._fields)} WHERE podcast_id = ?",
        (*checked, podcast_id),
    )


def restore(index: sqlite3.Connection, podcast_id: str, url: str, title: str, artwork_url: str) -> None:
    """Add a podcast of a damaged index, to be read again at once."""
    index.execute(
        "INSERT OR IGNORE INTO podcasts (podcast_id, url, title, sort, artwork_url, added_at) VALUES (?, ?, ?, ?, ?, 0)",
        (podcast_id, url, title, sort_key(title), artwork_url),
    )


def drop(index: sqlite3.Connection, podcast_id: str) -> None:
    """Remove a podcast with its episodes and all positions in them.

    Raises:
        TrackNotFound: There is no such podcast.
    """
    found = index.execute("SELECT id FROM podcasts WHERE podcast_id = ?", (podcast_id,)).fetchone()
    if found is None:
        raise TrackNotFound(f"The library has no podcast {podcast_id}")
    (row,) = found
    _drop_episodes(index, index.execute("SELECT id, episode_id FROM episodes WHERE podcast = ?", (row,)).fetchall())
    drop_entry(index, PODCAST, row)
    index.execute("DELETE FROM podcasts WHERE id = ?", (row,))
    index.execute("DELETE FROM user_favourites WHERE item_id = ?", (podcast_id,))


def due(index: sqlite3.Connection, before: float, podcast_id: str | None = None) -> list[Due]:
    """Return the feeds that are due before a Unix time, the longest overdue first, or that of one podcast."""
    names = ", ".join(Due._fields)
    if podcast_id is not None:
        rows = index.execute(f"SELECT {names} FROM podcasts WHERE podcast_id = ?", (podcast_id,))
    else:
        rows = index.execute(f"SELECT {names} FROM podcasts WHERE due_at <= ? ORDER BY due_at", (before,))
    return [Due(*row) for row in rows]


def chapters(index: sqlite3.Connection, episode_id: str) -> tuple[tuple[ChapterStart, ...], str]:
    """Return the chapters of an episode that its feed has, and the address of others.

    Raises:
        TrackNotFound: There is no such episode.
    """
    question = "SELECT chapters, chapters_url FROM episodes WHERE episode_id = ?"
    if (row := index.execute(question, (episode_id,)).fetchone()) is None:
        raise TrackNotFound(f"The library has no episode {episode_id}")
    stored, url = row
    return (msgspec.json.decode(stored, type=tuple[ChapterStart, ...]) if stored else ()), str(url)


def next_due(index: sqlite3.Connection) -> int | None:
    """Return the Unix time at which the next feed is due; None without podcasts."""
    (found,) = index.execute("SELECT min(due_at) FROM podcasts").fetchone()
    return None if found is None else int(found)


def require_capacity(index: sqlite3.Connection, podcast_id: str) -> None:
    """Raise Unavailable if a podcast is new, and there are too many already."""
    (others,) = index.execute("SELECT count(*) FROM podcasts WHERE podcast_id <> ?", (podcast_id,)).fetchone()
    if others >= MAX_PODCASTS:
        raise Unavailable(Sentence("too_many_podcasts", "There are {most} podcasts already", most=MAX_PODCASTS))


def _put_episode(
    index: sqlite3.Connection, podcast: int, episode_id: str, episode: FeedEpisode, feed: PodcastFeed, now: int
) -> None:
    values = {
        "url": episode.url,
        "mime_type": episode.mime_type,
        "title": episode.title,
        "sort": sort_key(episode.title),
        "description": episode.description,
        "artwork_url": episode.artwork_url,
        "duration": episode.duration,
        "published_at": episode.published_at,
        "chapters_url": episode.chapters_url,
        "chapters": msgspec.json.encode(episode.chapters) if episode.chapters else b"",
    }
    names = ", ".join(values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    differs = " OR ".join(f"{name} <> excluded.{name}" for name in values)
    written = index.execute(
        f"INSERT INTO episodes (episode_id, podcast, added_at, {names})"
        f" VALUES (:episode_id, :podcast, :now, :{', :'.join(values)})"
        f" ON CONFLICT (episode_id) DO UPDATE SET {changes} WHERE {differs} RETURNING id",
        {"episode_id": episode_id, "podcast": podcast, "now": now, **values},
    ).fetchone()
    if written is not None:
        if index.execute("DELETE FROM kept WHERE item_id = ?", (episode_id,)).rowcount:
            index.execute("UPDATE episodes SET favourite = 1 WHERE id = ?", written)
        put_entry(index, EPISODE, written[0], episode.title, feed.title)


def _forget_oldest(index: sqlite3.Connection, podcast: int) -> None:
    rows = index.execute(
        f"SELECT id, episode_id FROM episodes WHERE podcast = ? ORDER BY favourite DESC, published_at DESC, id DESC"
        f" LIMIT -1 OFFSET {MAX_EPISODES}",
        (podcast,),
    ).fetchall()
    _drop_episodes(index, rows)


def _drop_episodes(index: sqlite3.Connection, rows: list[tuple[int, str]]) -> None:
    for row, episode_id in rows:
        drop_entry(index, EPISODE, row)
        index.execute("DELETE FROM positions WHERE item_id = ?", (episode_id,))
        index.execute("DELETE FROM user_favourites WHERE item_id = ?", (episode_id,))
        index.execute("DELETE FROM episodes WHERE id = ?", (row,))
