"""Titles of radio stations: read from their streams, shown on entities, and published to clients."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.fetching import FetchFailed
from custom_components.moosicbox.engine.playback.radio_titles import read_title
from custom_components.moosicbox.engine.protocol.errors import NotSupported
from tests.client.test_client import until
from tests.fixtures import BRASS, Advance
from tests.wire.client import Client

from .actions import next_command, play, report, state

SOUND_BYTES = 1_000
LATIN_1 = "Édith Piaf - Milord".encode("latin-1")


@dataclass
class Station:
    """A radio station that sends these titles, one after the other, in its blocks of metadata."""

    titles: list[bytes] = field(default_factory=list)
    sends_titles: bool = True
    status: int = 200
    requests: int = 0
    url: str = ""
    moved_url: str = ""
    """Redirects to `url`."""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        headers = {"icy-metaint": str(SOUND_BYTES)} if self.sends_titles and "Icy-MetaData" in request.headers else {}
        response = web.StreamResponse(status=self.status, headers=headers)
        response.content_type = "audio/mpeg"
        await response.prepare(request)
        for title in self.titles:
            block = b"StreamTitle='" + title + b"';StreamUrl='';" if title else b""
            block += bytes(-len(block) % 16)
            await response.write(bytes(SOUND_BYTES) + bytes([len(block) // 16]) + block)
        return response

    async def move(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/live"})


def allow_all(_url: str) -> None:
    """Raise nothing."""


@pytest.fixture
async def station(socket_enabled: None) -> AsyncGenerator[Station]:
    found = Station()
    app = web.Application()
    app.router.add_get("/live", found.serve)
    app.router.add_get("/moved", found.move)
    async with TestServer(app) as server:
        found.url, found.moved_url = str(server.make_url("/live")), str(server.make_url("/moved"))
        yield found


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[ClientSession]:
    async with ClientSession() as made:
        yield made


@pytest.mark.parametrize(
    ("titles", "title"),
    [
        ([b"Ana - Tides"], "Ana - Tides"),
        (["Ánna – Flóð".encode()], "Ánna – Flóð"),
        ([LATIN_1], "Édith Piaf - Milord"),
        ([b"", b"Ana - Tides"], "Ana - Tides"),
        ([b"It's'; a title"], "It's"),
        ([b"Bell\x07 and\n line"], "Bell and line"),
        ([b"x" * 2_000], "x" * 300),
        ([b" "], None),
        ([b"", b"", b"", b"too late"], None),
    ],
)
async def test_the_title_of_a_stream(
    station: Station, session: ClientSession, titles: list[bytes], title: str | None
) -> None:
    station.titles = titles
    assert await read_title(session, station.url, allow_all) == title


async def test_a_station_without_titles(station: Station, session: ClientSession) -> None:
    station.sends_titles = False
    station.titles = [b"Ana"]
    assert await read_title(session, station.url, allow_all) is None


@pytest.mark.parametrize("fault", ["refused", "broken off", "elsewhere"])
async def test_a_station_that_fails(station: Station, session: ClientSession, fault: str) -> None:
    station.status = 503 if fault == "refused" else 200
    url = "http://127.0.0.1:9/live" if fault == "elsewhere" else station.url
    with pytest.raises(FetchFailed):
        await read_title(session, url, allow_all)


async def test_only_allowed_addresses_are_requested(station: Station, session: ClientSession) -> None:
    """Neither the address of a station nor a redirection leads to an address that must not be requested."""

    def require_allowed(url: str) -> None:
        if url.endswith("/live"):
            raise NotSupported("This address needs a login")

    station.titles = [b"Ana"]
    assert await read_title(session, station.moved_url, allow_all) == "Ana"
    for url in station.url, station.moved_url:
        with pytest.raises(FetchFailed):
            await read_title(session, url, require_allowed)
    assert station.requests == 1


async def test_what_a_station_plays_is_shown(
    hass: HomeAssistant, kitchen: Client, station: Station, advance: Advance
) -> None:
    station.titles = [b"Ana - Tides"]
    await play(hass, station.url)
    told = await next_command(kitchen)
    await report(kitchen, "playing", told)
    await kitchen.until("playback_status", stream_title="Ana - Tides")
    await hass.async_block_till_done()
    assert state(hass).attributes["media_title"] == "Ana - Tides"
    assert state(hass).attributes["media_channel"] == told["track"]["title"]
    station.titles = [b"Ben - Ebb"]
    await advance(16)
    await kitchen.until("playback_status", stream_title="Ben - Ebb")
    station.status = 503
    asked = station.requests
    await advance(16)
    await until(lambda: station.requests > asked)
    await hass.async_block_till_done()
    assert state(hass).attributes["media_title"] == "Ben - Ebb", "a failure isn't another title"
    await play(hass, BRASS)
    await hass.async_block_till_done()
    assert state(hass).attributes["media_title"] == "Brass Morning"
    assert "media_channel" not in state(hass).attributes
    asked = station.requests
    await advance(60)
    assert station.requests == asked
