"""Music that can follow other music: similar to it, preferably favourites and often played, unlike skipped tracks."""

from collections.abc import Collection, Sequence
import random
import sqlite3
from typing import Final, NamedTuple

from ..models import LibraryTrack
from .lists import BOOK_TRACKS
from .rows import TRACK, TRACK_TABLES, select, tracks_of
from .states import PRESENT

OF_ARTIST: Final = 40
OF_GENRE: Final = 80
OF_ALL: Final = 40
"""Candidates of the artists, of the genres, and of all tracks."""
MAX_SEEDS: Final = 5
MAX_SKIPPED: Final = 20
"""Most tracks to be similar to, and to avoid."""
NEAR_YEARS: Final = 5
_DRAWN: Final = "SELECT t.id, t.favourite, t.play_count, t.year FROM tracks t"
_AT_RANDOM: Final = "ORDER BY random() LIMIT"
SAME_ARTIST: Final = 0.3
"""The factor of tracks of the current artist, so that artists change."""
SKIPPED_ARTIST: Final = 0.15
SKIPPED_GENRE: Final = 0.6
"""The factors for each skipped track of the artist or the genre."""

_chance = random.SystemRandom()


class _Origin(NamedTuple):
    """The artists, genres and rows of tracks, as conditions of SQL, and their years."""

    rows: str
    artists: str
    genres: str
    years: tuple[int, ...]


def similar(
    index: sqlite3.Connection,
    track_ids: Sequence[str],
    count: int,
    exclude: Collection[str] = (),
    skipped: Collection[str] = (),
) -> list[LibraryTrack]:
    """Return different tracks that can follow others; any tracks if the library doesn't know these.

    Args:
        index: A connection.
        track_ids: The music to follow, the current track first.
        count: The number of tracks to return at most.
        exclude: Tracks that aren't returned.
        skipped: Tracks that were skipped: their artists and genres become unlikely.
    """
    origin = _origin(index, track_ids[:MAX_SEEDS])
    weights = _candidates(index, origin)
    for row, factor in _factors(index, track_ids[:1], list(skipped)[:MAX_SKIPPED], weights).items():
        weights[row] *= factor
    excluded = {*track_ids[:1], *exclude, *skipped}
    # A random order in which a larger weight makes an early place likelier.
    drawn = sorted(weights, key=lambda found: _chance.random() ** (1 / weights[found]), reverse=True)
    rows = index.execute(f"SELECT {select(TRACK)} FROM {TRACK_TABLES} WHERE t.id IN ({', '.join(map(str, drawn))})")
    by_row = {row[0]: row for row in rows}
    chosen = [by_row[found] for found in drawn if found in by_row and by_row[found][1] not in excluded]
    return tracks_of(index, chosen[:count])


def _origin(index: sqlite3.Connection, track_ids: Sequence[str]) -> _Origin:
    marks = ", ".join("?" * len(track_ids))
    known = index.execute(f"SELECT id, year FROM tracks WHERE track_id IN ({marks})", track_ids).fetchall()
    rows = ", ".join(str(row) for row, _ in known)
    return _Origin(
        rows,
        f"SELECT artist FROM track_artists WHERE track IN ({rows})",
        f"SELECT genre FROM track_genres WHERE track IN ({rows})",
        tuple(year for _, year in known if year),
    )


def _candidates(index: sqlite3.Connection, origin: _Origin) -> dict[int, float]:
    """Return tracks by their rows, with the weight of each."""
    weights: dict[int, float] = {}
    here = f"t.state = {PRESENT} AND t.id NOT IN ({origin.rows}) AND t.id NOT IN ({BOOK_TRACKS})"
    of_artist = "JOIN track_artists l ON l.track = t.id WHERE l.artist IN"
    # Artists who made tracks together, or are on one album.
    related = (
        f"SELECT o.artist FROM track_artists s JOIN track_artists o ON o.track = s.track WHERE s.artist IN"
        f" ({origin.artists}) UNION SELECT o.artist FROM tracks s JOIN tracks n ON n.album = s.album"
        f" JOIN track_artists o ON o.track = n.id WHERE s.id IN ({origin.rows})"
    )
    some = f"SELECT id FROM tracks ORDER BY random() LIMIT {OF_ALL}"
    for weight, tracks in (
        (3.0, f"{of_artist} ({origin.artists}) AND {here} {_AT_RANDOM} {OF_ARTIST}"),
        (2.0, f"{of_artist} ({related}) AND {here} {_AT_RANDOM} {OF_ARTIST}"),
        (
            2.0,
            f"JOIN track_genres l ON l.track = t.id WHERE l.genre IN ({origin.genres}) AND {here} {_AT_RANDOM} {OF_GENRE}",
        ),
        (0.5, f"WHERE {here} AND t.favourite {_AT_RANDOM} {OF_ALL}"),
        (0.2, f"WHERE t.id IN ({some}) AND {here}"),
    ):
        for found, favourite, plays, year in index.execute(f"{_DRAWN} {tracks}"):
            near = 1.0 if year and any(abs(year - other) <= NEAR_YEARS for other in origin.years) else 0.0
            liking = 1.0 + 2.0 * favourite + min(plays, 20) / 10
            weights[found] = weights.get(found, near) + weight * liking
    return weights


def _factors(
    index: sqlite3.Connection, current: Sequence[str], skipped: Sequence[str], rows: Collection[int]
) -> dict[int, float]:
    """Return the factors of tracks by current artists, and of artists and genres that were skipped."""
    factors: dict[int, float] = {}
    among = ", ".join(map(str, rows))

    def multiply(table: str, column: str, track_ids: Sequence[str], factor: float) -> None:
        marks = ", ".join("?" * len(track_ids))
        for row, times in index.execute(
            f"SELECT o.track, count(DISTINCT t.id) FROM tracks t JOIN {table} l ON l.track = t.id"
            f" JOIN {table} o ON o.{column} = l.{column} WHERE t.track_id IN ({marks}) AND o.track IN ({among})"
            " GROUP BY o.track",
            track_ids,
        ):
            factors[row] = factors.get(row, 1.0) * max(factor**times, 0.001)

    multiply("track_artists", "artist", current, SAME_ARTIST)
    multiply("track_artists", "artist", skipped, SKIPPED_ARTIST)
    multiply("track_genres", "genre", skipped, SKIPPED_GENRE)
    return factors
