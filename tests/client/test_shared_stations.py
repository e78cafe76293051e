"""A room hears a radio station by one connection of the hub: players of the wire and a real mpv."""

import asyncio
from collections.abc import AsyncGenerator
import shutil
from typing import Any
from urllib.parse import parse_qs, urlsplit

from homeassistant.core import HomeAssistant
import numpy as np
import pytest

from custom_components.moosicbox.engine.client import ClientInfo, MoosicBoxClient
from custom_components.moosicbox.engine.client.player.program import CAPABILITIES, LEAD_MS, OutputSettings, run_player
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.shared_stations import shared_station
from custom_components.moosicbox.engine.library.shared_stations.window import FRAME_BYTES, RATE
from tests.fixtures import Connect, CreateToken
from tests.http import HttpClient
from tests.station import TONES_HZ, RadioStation, Sound, frequency_of, on_air, samples_of
from tests.wire.client import Client, Message
from tests.wire.rooms import data_of, player

from .test_client import until

pytestmark = [pytest.mark.process, pytest.mark.skipif(shutil.which("mpv") is None, reason="needs mpv")]

DEAD = "http://127.0.0.1:9/live.mp3"
HEADER_BYTES = 44
STEP_SECONDS = 0.05
"""mpv is in step if its position differs by less: corrections smaller than that are its speed's."""


@pytest.fixture
async def station(hub: Hub) -> AsyncGenerator[RadioStation]:
    async with on_air() as running:
        yield running


@pytest.fixture
async def ada(connect: Connect, create_token: CreateToken) -> Client:
    client = await connect()
    await client.authenticate(await create_token("ada", role="admin"), client=player("ada"))
    return client


@pytest.fixture
async def speaker(hub: Hub, address: str, token: str) -> AsyncGenerator[MoosicBoxClient]:
    """A headless player, with mpv."""
    info = ClientInfo(name="Speaker", kind="player", player_id="speaker", capabilities=CAPABILITIES, lead_ms=LEAD_MS)
    connection = MoosicBoxClient(address, token=token, client=info, reconnect_delay=0.05)
    playing = asyncio.create_task(run_player(connection, OutputSettings(device="null")))
    await until(lambda: hub.players.find("speaker") is not None and connection.clock.ready)
    yield connection
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


@pytest.fixture
async def room(ada: Client, ben: Client, station: RadioStation) -> str:
    """A room of two players of the wire, and a station in its queue."""
    await data_of(ada, "create", name="Party", id="party")
    await data_of(ben, "join", room_id="party")
    await ada.request("room_command", action="update", room_id="party", control="everyone")
    added = await ada.request(
        "library_request", request_type="edit_station", station={"media_content_id": station.url, "name": "Tides"}
    )
    media = f"media-source://moosicbox/station/{added['data']['item']['station_id']}"
    await ada.request("queue_command", action="add", room_id="party", media_content_id=media)
    return "party"


async def ordered(client: Client, command: str = "play") -> Message:
    """Return the next order of a kind."""
    return await client.until("synchronized_playback", command=command)


def origin_of(order: Message) -> int:
    return int(parse_qs(urlsplit(order["track"]["stream_url"]).query)["origin"][0])


def goes_on(before: Message, order: Message) -> bool:
    """Return whether the station went on between two orders, whatever the room did."""
    live_us = origin_of(order) + order["start_position"] * 1e6
    return bool(before["sync_time_us"] < live_us <= order["sync_time_us"])


async def heard(http: HttpClient, order: Message, start: float, seconds: float) -> Sound:
    """Return what a player hears that follows an order and joins at a position."""
    async with http.get(f"{order['track']['stream_url']}&start={start}") as response:
        assert response.status == 200, await response.text()
        await response.content.readexactly(HEADER_BYTES)
        return samples_of(await response.content.readexactly(round(seconds * RATE) * FRAME_BYTES))


async def test_a_room_listens_by_one_connection(
    hass: HomeAssistant,
    hub: Hub,
    http: HttpClient,
    ada: Client,
    ben: Client,
    speaker: MoosicBoxClient,
    room: str,
    station: RadioStation,
) -> None:
    await speaker.room(room).join()
    before = station.connections
    await ada.request("playback_command", command="play", room_id=room)
    first, second = await ordered(ada), await ordered(ben)
    assert first["track"]["live"] is True
    assert origin_of(first) == origin_of(second)
    assert (first["start_position"], first["sync_time_us"] >= origin_of(first)) == (0, True)
    sounds = await asyncio.gather(heard(http, first, 0, 8), heard(http, second, 2.5, 5.5))
    assert np.array_equal(sounds[0][round(2.5 * RATE) :], sounds[1])
    assert abs(frequency_of(sounds[0][-RATE:]) - TONES_HZ[before % len(TONES_HZ)]) < 20

    def in_step() -> bool:
        mpv = hub.players.get("speaker")
        report = mpv.report
        if report is None or report.state != "playing":
            return False
        wanted = mpv.active_playback.timeline.position_at(report.at_us)
        return abs(report.position_seconds - wanted) < STEP_SECONDS

    await until(in_step)
    await ada.until("playback_status", room_id=room, stream_title="Ana - Tides")
    assert station.connections == before + 1
    assert station.open == 1


async def test_after_a_pause_all_hear_what_the_station_sends_then(
    http: HttpClient, ada: Client, ben: Client, room: str, station: RadioStation, connect: Connect, create_token: Any
) -> None:
    await ada.request("playback_command", command="play", room_id=room)
    first = await ordered(ada)
    await ada.request("playback_command", command="pause", room_id=room)
    paused = await ordered(ada, "pause")
    await ada.request("playback_command", command="play", room_id=room)
    again = await ordered(ada)
    assert origin_of(paused) == origin_of(again) == origin_of(first)
    assert goes_on(paused, again)
    # A seek has nowhere to go.
    await ada.request("seek_command", position_seconds=500.0, room_id=room)
    sought = await ordered(ada)
    assert goes_on(again, sought)
    # A newcomer, and a new address, are in step as well.
    carl = await connect()
    await carl.authenticate(await create_token("carl"), client=player("carl"))
    await data_of(carl, "join", room_id=room)
    joined = await ordered(carl)
    assert origin_of(joined) == origin_of(first)
    renewed = await carl.request("stream_request", queue_item_id=joined["queue_item_id"])
    assert f"origin={origin_of(first)}" in renewed["data"]["stream_url"]
    start = joined["start_position"]
    one, other = await asyncio.gather(heard(http, again, start, 4), heard(http, joined, start + 1, 3))
    assert np.array_equal(one[RATE:], other)


async def test_a_dead_station_is_never_heard(
    hub: Hub, ada: Client, speaker: MoosicBoxClient, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence would count as music: an alarm would take it for its own, and a queue would stay there."""
    monkeypatch.setattr(shared_station, "RETRY_SECONDS", (0.0,))
    states: list[str] = []
    hub.players.reported.subscribe(lambda player: states.append(player.report.state if player.report else ""))
    await ada.request("queue_command", action="clear", room_id=room)
    added = await ada.request(
        "library_request", request_type="edit_station", station={"media_content_id": DEAD, "name": "Gone"}
    )
    media = f"media-source://moosicbox/station/{added['data']['item']['station_id']}"
    await speaker.room(room).join()
    await ada.request("queue_command", action="add", room_id=room, media_content_id=media, play=True)
    item_id = (await ordered(ada))["queue_item_id"]
    await until(lambda: hub.players.get("speaker").failed_item_id == item_id)
    assert "playing" not in states


async def test_a_player_that_cant_play_it_fetches_the_station_itself(
    ada: Client, room: str, station: RadioStation, connect: Connect, create_token: CreateToken
) -> None:
    client = await connect()
    described = {**player("carl"), "capabilities": ["audio/mpeg"]}
    await client.authenticate(await create_token("carl"), client=described)
    await data_of(client, "join", room_id=room)
    await ada.request("playback_command", command="play", room_id=room)
    assert (await ordered(client))["track"]["stream_url"] == station.url


async def test_alone_a_player_fetches_the_station_itself(ada: Client, station: RadioStation) -> None:
    added = await ada.request(
        "library_request", request_type="edit_station", station={"media_content_id": station.url, "name": "Tides"}
    )
    media = f"media-source://moosicbox/station/{added['data']['item']['station_id']}"
    await ada.request("queue_command", action="add", media_content_id=media, play=True)
    assert (await ordered(ada))["track"]["stream_url"] == station.url
