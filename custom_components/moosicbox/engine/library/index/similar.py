"""Music that can follow a track: like it, and rather what is liked and played often."""

from collections.abc import Collection
import random
import sqlite3
from typing import Final

from ..models import LibraryTrack
from .rows import TRACK, TRACK_TABLES, select, tracks_of
from .states import PRESENT

OF_ARTIST: Final = 40
OF_GENRE: Final = 80
OF_ALL: Final = 40
"""Tracks that are chosen from."""
_DRAWN: Final = "SELECT t.id, t.favourite, t.play_count, t.year FROM tracks t"
_AT_RANDOM: Final = "ORDER BY random() LIMIT"

_chance = random.SystemRandom()


def similar(index: sqlite3.Connection, track_id: str, count: int, exclude: Collection[str]) -> list[LibraryTrack]:
    """Return up to `count` different tracks; any tracks if the library doesn't know this one."""
    known = index.execute("SELECT id, year FROM tracks WHERE track_id = ?", (track_id,)).fetchone()
    row, year = known or (0, 0)
    weights: dict[int, float] = {}
    here = f"t.state = {PRESENT} AND t.id <> {row}"
    artists = f"SELECT artist FROM track_artists WHERE track = {row}"
    genres = f"SELECT genre FROM track_genres WHERE track = {row}"
    some = f"SELECT id FROM tracks ORDER BY random() LIMIT {OF_ALL}"
    for weight, tracks in (
        (
            3.0,
            f"JOIN track_artists l ON l.track = t.id WHERE l.artist IN ({artists}) AND {here} {_AT_RANDOM} {OF_ARTIST}",
        ),
        (2.0, f"JOIN track_genres l ON l.track = t.id WHERE l.genre IN ({genres}) AND {here} {_AT_RANDOM} {OF_GENRE}"),
        (0.5, f"WHERE {here} AND t.favourite {_AT_RANDOM} {OF_ALL}"),
        (0.2, f"WHERE t.id IN ({some}) AND {here}"),
    ):
        for found, favourite, plays, of_year in index.execute(f"{_DRAWN} {tracks}"):
            near = 1.0 if year and of_year and abs(year - of_year) <= 5 else 0.0
            liking = 1.0 + 2.0 * favourite + min(plays, 20) / 10
            weights[found] = weights.get(found, near) + weight * liking
    excluded = {track_id, *exclude}
    # A random order in which a larger weight makes an early place likelier.
    drawn = sorted(weights, key=lambda found: _chance.random() ** (1 / weights[found]), reverse=True)
    rows = index.execute(f"SELECT {select(TRACK)} FROM {TRACK_TABLES} WHERE t.id IN ({', '.join(map(str, drawn))})")
    by_row = {row[0]: row for row in rows}
    chosen = [by_row[found] for found in drawn if found in by_row and by_row[found][1] not in excluded]
    return tracks_of(index, chosen[:count])
