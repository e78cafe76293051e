"""Radio stations, which users add: no scan changes them."""

import sqlite3
import time
from typing import Final, NamedTuple

from ...protocol.errors import Sentence, TrackNotFound, Unavailable
from ...protocol.library_request import StationEdit
from .ids import hashed_id
from .search_entries import STATION, drop_entry, put_entry
from .text import sort_key

MAX_STATIONS: Final = 1_000


class StationFields(NamedTuple):
    """The fields of a station besides its address; an unknown one is an empty text."""

    name: str
    country: str = ""
    genre: str = ""
    artwork_url: str = ""


def station_id_of(url: str) -> str:
    """Return the id of the station at an address, the same in every index."""
    return hashed_id("st", url)


def put(index: sqlite3.Connection, url: str, fields: StationFields) -> str:
    """Add a station, or change the one with this address; return its id.

    Raises:
        Unavailable: There are too many stations.
    """
    station_id = station_id_of(url)
    values = {**fields._asdict(), "sort": sort_key(fields.name)}
    names = ", ".join(values)
    (others,) = index.execute("SELECT count(*) FROM stations WHERE station_id <> ?", (station_id,)).fetchone()
    if others >= MAX_STATIONS:
        raise Unavailable(Sentence("too_many_stations", "There are {most} stations already", most=MAX_STATIONS))
    (row,) = index.execute(
        f"INSERT INTO stations (station_id, url, added_at, {names}) VALUES (:station_id, :url, :now, :{', :'.join(values)})"
        f" ON CONFLICT (station_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in values)} RETURNING id",
        {"station_id": station_id, "url": url, "now": int(time.time()), **values},
    ).fetchone()
    put_entry(index, STATION, row, fields.name, fields.country, fields.genre)
    return station_id


def change(index: sqlite3.Connection, station_id: str, edit: StationEdit) -> None:
    """Change the fields of a station that an edit names, or delete it.

    Raises:
        TrackNotFound: There is no such station.
    """
    row = index.execute(
        f"SELECT id, url, {', '.join(StationFields._fields)} FROM stations WHERE station_id = ?", (station_id,)
    ).fetchone()
    if row is None:
        raise TrackNotFound(f"The library has no station {station_id}")
    number, url, *values = row
    if edit.delete:
        drop_entry(index, STATION, number)
        index.execute("DELETE FROM stations WHERE id = ?", (number,))
        index.execute("DELETE FROM user_favourites WHERE item_id = ?", (station_id,))
        return
    changes = {name: value for name in StationFields._fields if (value := getattr(edit, name)) is not None}
    put(index, url, StationFields(*values)._replace(**changes))
