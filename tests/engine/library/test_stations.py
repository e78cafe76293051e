"""Radio stations in the library: kept beside scanned files, found, liked, and resolved to their streams."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.household.music import HubMusic
from custom_components.moosicbox.engine.library.index import stations
from custom_components.moosicbox.engine.library.index.stations import StationFields
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.media_provider import LibraryMedia
from custom_components.moosicbox.engine.library.models import LibraryChange, Station
from custom_components.moosicbox.engine.library.named import find_named
from custom_components.moosicbox.engine.protocol.client import QueueAdd
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.household import MusicSource
from custom_components.moosicbox.engine.protocol.library_request import Filters, LibraryRequest, StationEdit
from tests.engine.fakes import Harness, of_type, principal, settle

from .found import fill, found

LIVE = "http://radio.example/live"


@pytest.fixture
async def tides(library: Library) -> Station:
    return await library.put_station(LIVE, StationFields("Tides FM", "DE", "Jazz", "http://radio.example/logo.png"))


@pytest.mark.process
async def test_a_scan_leaves_stations_alone(library: Library, music: Path, tides: Station) -> None:
    await library.scan()
    assert (await library.get_stations()).items == (tides,)
    assert library.counts.stations == 1


async def test_an_address_is_one_station(library: Library, changes: list[LibraryChange], tides: Station) -> None:
    again = await library.put_station(LIVE, StationFields("Tides"))
    assert (again.station_id, again.name, again.genre) == (tides.station_id, "Tides", None)
    assert [(change.update_type, change.ids) for change in changes] == [("stations_changed", (tides.station_id,))] * 2


async def test_fields_change_one_by_one(library: Library, tides: Station) -> None:
    changed = await library.edit_station(tides.station_id, StationEdit(name="High Tides", genre=""))
    assert changed is not None
    assert (changed.name, changed.genre, changed.country, changed.url) == ("High Tides", None, "DE", LIVE)
    assert [hit.item for hit in (await library.search("high tides")).items] == [changed]
    assert (await library.search("jazz")).items == ()


async def test_a_removed_station_is_gone_everywhere(library: Library, tides: Station) -> None:
    await library.people.set_favourite("ada", tides.station_id, favourite=True)
    assert await library.edit_station(tides.station_id, StationEdit(delete=True)) is None
    assert (await library.search("tides")).items == ()
    assert await library.stations([tides.station_id]) == [None]
    for attempt in (
        library.station(tides.station_id),
        library.edit_station(tides.station_id, StationEdit(delete=True)),
        library.set_favourite(tides.station_id),
    ):
        with pytest.raises(TrackNotFound):
            await attempt
    again = await library.put_station(LIVE, StationFields("Tides FM"))
    (own,) = await library.people.with_own_fields("ada", [again])
    assert own.my_favourite is False


async def test_favourites_of_the_household_and_of_a_user(library: Library, tides: Station) -> None:
    other = await library.put_station("http://radio.example/news", StationFields("News"))
    await library.set_favourite(tides.station_id)
    await library.people.set_favourite("ada", other.station_id, favourite=True)
    (liked,) = (await library.get_stations(Filters(favourite=True))).items
    assert liked.station_id == tides.station_id
    own = await library.people.with_own_fields("ada", (await library.get_stations()).items)
    assert [(station.name, station.my_favourite) for station in own] == [("News", True), ("Tides FM", False)]


async def test_the_number_of_stations_is_bounded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations, "MAX_STATIONS", 1)
    await library.put_station(LIVE, StationFields("Tides FM"))
    await library.put_station(LIVE, StationFields("Tides"))
    with pytest.raises(Unavailable):
        await library.put_station("http://radio.example/news", StationFields("News"))


@pytest.mark.parametrize("said", ["tides fm", "play the radio station tides", "Sender Tides FM", "tides jazz"])
async def test_a_station_is_found_as_it_is_said(library: Library, tides: Station, said: str) -> None:
    named = await find_named(library, said)
    assert named is not None
    assert (named.item, named.is_certain) == (tides, True)


class StationHarness(Harness):
    """A hub with a library."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.hub = build_hub(
            version="test",
            media=self.media,
            authentication=self.authentication,
            store=self.store,
            clock=self.clock,
            library=library,
        )
        vars(self.hub.writer)["_schedule"] = self.hub.writer.flush_pending


@pytest.fixture
async def harness(library: Library) -> AsyncGenerator[StationHarness]:
    harness = StationHarness(library)
    yield harness
    harness.hub.media_resolver.close()


@pytest.mark.parametrize("by", ["track_ids", "media_content_id"])
async def test_a_station_plays_from_a_queue(harness: StationHarness, library: Library, tides: Station, by: str) -> None:
    harness.connect(principal(), player_id="kitchen")
    place = f"media-source://moosicbox/station/{tides.station_id}"
    named: dict[str, Any] = {"track_ids": (tides.station_id,)} if by == "track_ids" else {"media_content_id": place}
    await harness.hub.execute(QueueAdd(player_id="kitchen", play=True, **named))
    playback = harness.hub.players.get("kitchen").active_playback
    assert playback.current is not None
    track = playback.current.track
    assert (track.track_id, track.title, track.genre) == (tides.station_id, "Tides FM", "Jazz")
    assert track.artwork_url == "http://radio.example/logo.png"
    # A node without this station plays the item by its address.
    assert track.media_content_id == LIVE
    assert harness.media.asked == [LIVE]


async def test_stations_and_tracks_are_added_in_their_order(
    harness: StationHarness, library: Library, tides: Station
) -> None:
    await fill(library, [found("T1", "A", "B", duration=100.0)])
    (track,) = (await library.get_tracks()).items
    harness.connect(principal(), player_id="kitchen")
    asked = (tides.station_id, track.track_id, tides.station_id)
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=asked))
    queue = harness.hub.players.get("kitchen").active_playback.queue
    assert [item.track.track_id for item in queue.items] == list(asked)


async def test_guests_may_add_stations(library: Library, tides: Station, harness: StationHarness) -> None:
    media = LibraryMedia(library, harness.media)
    (resolved,) = await media.resolve_tracks([tides.station_id], principal())
    assert resolved.in_library


@pytest.mark.parametrize("source", ["item", "query"])
async def test_an_alarm_wakes_with_a_station(
    harness: StationHarness, library: Library, tides: Station, source: str
) -> None:
    music = HubMusic(library, harness.hub.media_resolver)
    named = MusicSource(kind="station", id=tides.station_id) if source == "item" else MusicSource(query="tides fm")
    (media,) = await music.find(named, harness.hub.system)
    assert media.track.title == "Tides FM"


async def test_a_station_is_added_with_the_rights_of_its_time(
    harness: StationHarness, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, connection = harness.connect(principal("ada", role="admin"))
    harness.media.hold()
    edit = StationEdit(media_content_id=LIVE, name="Tides")
    harness.say(session, LibraryRequest(request_type="edit_station", station=edit, request_id="r"))
    await settle()
    assert harness.media.asked == [LIVE]
    monkeypatch.setattr(harness.authentication, "verify_again", lambda _found, _peer: principal("ada"))
    harness.hub.sessions.verify_where(lambda each: each is session)
    harness.media.release()
    await settle()
    (error,) = of_type(connection.take(), "error")
    assert (error["request_id"], error["error_type"]) == ("r", "permission_denied")
    assert library.counts.stations == 0
