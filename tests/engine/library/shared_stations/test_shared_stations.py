"""Stations that are fetched once: real connections, a real decoder, listeners of a real web server."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
import logging
import socket

from aiohttp import ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestServer
import numpy as np
import pytest

from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.library.seal import Seal
from custom_components.moosicbox.engine.library.shared_stations import (
    connection,
    shared_station,
    shared_stations as module,
)
from custom_components.moosicbox.engine.library.shared_stations.shared_stations import SharedStations
from custom_components.moosicbox.engine.library.shared_stations.window import FRAME_BYTES, RATE
from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.engine.protocol.errors import HubError, NotSupported
from custom_components.moosicbox.engine.protocol.types import Track
from custom_components.moosicbox.engine.transport.responses import error_response
from tests.station import TONES_HZ, RadioStation, Sound, frequency_of, on_air, samples_of

pytestmark = pytest.mark.process

HEADER_BYTES = 44
TIMEOUT = 40


@dataclass
class Relay:
    """The hub's web server, with one station."""

    shared_stations: SharedStations
    session: ClientSession
    server: TestServer
    station: RadioStation
    clock: Clock

    def address(self, live_since_us: int, station: str | None = None) -> str:
        """Return the address of a station's stream, as players get it."""
        track = Track(track_id="st-1", title="Tides", live=True)
        media = Media(track=track, source=station or self.station.url)
        address = self.shared_stations.stream_address(media, None, live_since_us)
        assert address is not None
        return str(self.server.make_url("/")).rstrip("/") + address.url

    @asynccontextmanager
    async def listen(self, live_since_us: int, start: float) -> AsyncGenerator[Listener]:
        """Listen from a position on."""
        address = f"{self.address(live_since_us)}&start={start}"
        async with self.session.get(address) as response:
            assert response.status == 200
            assert len(await response.content.readexactly(HEADER_BYTES)) == HEADER_BYTES
            yield Listener(response.content, round(live_since_us * RATE / 1e6) + round(start * RATE))


@dataclass
class Listener:
    """A player's connection; `sample` counts by the hub's time."""

    content: asyncio.StreamReader | object
    sample: int

    async def read(self, seconds: float) -> Sound:
        """Return the sound that follows."""
        size = round(seconds * RATE) * FRAME_BYTES
        sound = samples_of(await self.content.readexactly(size))  # type: ignore[union-attr]
        self.sample += len(sound)
        return sound

    async def until(self, matches: Callable[[Sound], bool]) -> Sound:
        """Return the first tenth of a second that matches."""
        async with asyncio.timeout(TIMEOUT):
            while not matches(sound := await self.read(0.1)):
                pass
        return sound


def sounds(frequency: int) -> Callable[[Sound], bool]:
    return lambda sound: abs(frequency_of(sound) - frequency) < 20


def is_silent(sound: Sound) -> bool:
    return not sound.any()


@pytest.fixture
async def relay(socket_enabled: None) -> AsyncGenerator[Relay]:
    clock = Clock()
    async with on_air() as station, ClientSession() as session:
        shared_stations = SharedStations(
            "ffmpeg", lambda: session, clock, Seal(b"key"), lambda _url: None, linger_seconds=0
        )

        async def respond(request: web.Request) -> web.StreamResponse:
            try:
                return await shared_stations.respond(request, request.match_info["id"])
            except HubError as error:
                return error_response(error)

        app = web.Application()
        app.router.add_get("/api/moosicbox/tracks/{id}/stream", respond)
        server = TestServer(app)
        async with server:
            yield Relay(shared_stations, session, server, station, clock)
            await shared_stations.close()


async def test_listeners_of_one_connection_hear_the_same_at_the_same_time(relay: Relay) -> None:
    since_us = relay.clock.now_us()
    # The second room has started the station at another time.
    other_us = since_us - 77_000_000
    async with relay.listen(since_us, 0.0) as first, relay.listen(other_us, 77.0 + 0.35) as second:
        at = first.sample
        heard = np.concatenate([await first.read(6.0), await first.until(sounds(TONES_HZ[0]))])
        offset = second.sample - at
        assert offset == round(0.35 * RATE)
        other = await second.read(5.0)
    assert np.array_equal(heard[offset : offset + len(other)], other)
    assert other.any(), "all was silence"
    assert relay.station.connections == 1


async def test_a_listener_that_joins_later_hears_what_the_others_hear(relay: Relay) -> None:
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0) as first:
        await first.until(sounds(TONES_HZ[0]))
        start = round((first.sample - round(since_us * RATE / 1e6)) / RATE + 0.2, 6)
        async with relay.listen(since_us, start) as second:
            skipped = await first.read((second.sample - first.sample) / RATE)
            assert first.sample == second.sample
            assert skipped.any()
            assert np.array_equal(await first.read(1.0), await second.read(1.0))
    assert relay.station.connections == 1


async def test_without_a_position_it_begins_now(relay: Relay) -> None:
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0) as first, relay.session.get(relay.address(since_us)) as response:
        await first.until(sounds(TONES_HZ[0]))
        await response.content.readexactly(HEADER_BYTES)
        second = Listener(response.content, 0)
        await second.until(sounds(TONES_HZ[0]))


async def test_a_station_that_breaks_off_comes_back(relay: Relay) -> None:
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0) as first, relay.listen(since_us, 0.0) as second:
        await first.until(sounds(TONES_HZ[0]))
        relay.station.drop()
        await first.until(sounds(TONES_HZ[1]))
        seen = first.sample
        await second.until(sounds(TONES_HZ[1]))
        assert abs(second.sample - seen) < RATE // 5, "one hears the change at another time"
        assert first.sample < relay.clock.now_us() * RATE / 1e6 + 15 * RATE
    assert relay.station.connections == 2


async def test_a_station_without_a_burst_and_with_a_pause_is_heard(relay: Relay) -> None:
    relay.station.burst_seconds = 0.0
    async with relay.listen(relay.clock.now_us(), 0.0) as listener:
        assert is_silent(await listener.read(0.5)), "the station isn't connected yet"
        await listener.until(sounds(TONES_HZ[0]))


async def test_a_station_that_cant_be_reached_is_given_up(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its listeners get no silence, which would count as sound, but are refused: players go on with the next item."""
    monkeypatch.setattr(shared_station, "RETRY_SECONDS", (0.0,))
    address = f"{relay.address(relay.clock.now_us(), 'http://user:secret@127.0.0.1:9/?key=secret')}&start=0"
    async with asyncio.timeout(TIMEOUT), relay.session.get(address) as response:
        assert response.status == 503
    assert caplog.text.count("A station at 127.0.0.1 can't be fetched") == 1
    assert "secret" not in caplog.text


async def test_a_station_that_sends_nothing_is_given_up_until_it_is_requested_again(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections last as long as those of a station that is heard."""
    monkeypatch.setattr(shared_station, "RETRY_SECONDS", (0.0,))
    monkeypatch.setattr(shared_station, "STEADY_US", 0)
    monkeypatch.setattr(relay.shared_stations, "_linger_seconds", 60)
    relay.station.silent = True
    since_us = relay.clock.now_us()
    with monkeypatch.context() as impatient:
        impatient.setattr(connection, "TIMEOUT", ClientTimeout(sock_read=0.05))
        async with asyncio.timeout(TIMEOUT), relay.session.get(f"{relay.address(since_us)}&start=0") as response:
            assert response.status == 503
    assert relay.station.connections == shared_station.MAX_SILENT_FAILURES
    relay.station.silent = False
    position = round((relay.clock.now_us() - since_us) / 1e6, 3)
    async with relay.listen(since_us, position) as listener:
        await listener.until(lambda sound: not is_silent(sound))
        assert relay.station.connections == shared_station.MAX_SILENT_FAILURES + 1
        assert (len(relay.shared_stations), relay.shared_stations._ends) == (1, {})


async def test_a_station_without_listeners_makes_room(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STATIONS", 1)
    monkeypatch.setattr(relay.shared_stations, "_linger_seconds", 60)
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0) as listener:
        await listener.read(0.1)
    async with relay.session.get(f"{relay.address(since_us, relay.station.url + '?other')}&start=0") as response:
        assert response.status == 200
    assert len(relay.shared_stations) == 1


async def test_titles_come_with_the_sound(relay: Relay) -> None:
    changed = asyncio.Event()
    relay.shared_stations.title_changed.subscribe(lambda _source: changed.set())
    async with asyncio.timeout(TIMEOUT), relay.listen(relay.clock.now_us(), 0.0) as listener:
        await listener.until(sounds(TONES_HZ[0]))
        await changed.wait()
        assert relay.shared_stations.title(relay.station.url) == "Ana - Tides"
        changed.clear()
        relay.station.title = "Ben - Ebb"
        while not changed.is_set():
            await listener.read(0.1)
    assert relay.shared_stations.title(relay.station.url) == "Ben - Ebb"
    assert relay.station.connections == 1


async def test_a_listener_that_doesnt_read_loses_only_itself(
    relay: Relay, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "STALL_SECONDS", 0.5)
    caplog.set_level(logging.INFO, module.__name__)
    since_us = relay.clock.now_us()
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    lazy.setblocking(False)
    loop = asyncio.get_running_loop()
    with lazy:
        await loop.sock_connect(lazy, (relay.server.host, relay.server.port))
        path = relay.address(since_us).removeprefix(str(relay.server.make_url("/")).rstrip("/"))
        await loop.sock_sendall(lazy, f"GET {path}&start=0 HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
        async with relay.listen(since_us, 0.0) as listener:
            async with asyncio.timeout(TIMEOUT):
                while "it reads nothing" not in caplog.text:
                    await listener.read(0.1)
            await listener.until(sounds(TONES_HZ[0]))
    assert relay.station.connections == 1
    assert "127.0.0.1 gets no more of" in caplog.text


async def test_the_connection_ends_with_the_last_listener(relay: Relay) -> None:
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0) as first:
        async with relay.listen(since_us, 0.0) as second:
            await second.until(sounds(TONES_HZ[0]))
        await first.until(sounds(TONES_HZ[0]))
        assert relay.station.open == 1
    async with asyncio.timeout(TIMEOUT):
        await relay.station.wait_left()
    assert len(relay.shared_stations) == 0
    async with relay.listen(since_us, round((relay.clock.now_us() - since_us) / 1e6, 3)) as again:
        await again.until(sounds(TONES_HZ[1]))
    assert relay.station.connections == 2


async def test_a_player_continues_after_its_connection_was_lost(relay: Relay) -> None:
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0) as listener:
        whole = await listener.read(6.0)
        read = HEADER_BYTES + 3 * RATE * FRAME_BYTES + 1
        headers = {"Range": f"bytes={read}-"}
        async with relay.session.get(f"{relay.address(since_us)}&start=0", headers=headers) as response:
            assert (response.status, response.headers["Content-Range"]) == (206, f"bytes {read}-4294967294/4294967295")
            rest = await response.content.readexactly(RATE * FRAME_BYTES)
        assert rest == whole.tobytes()[3 * RATE * FRAME_BYTES + 1 :][: len(rest)]


@pytest.mark.parametrize("query", ["origin=x", "origin=0&start=x", "origin=0&start=9999999", "start=1"])
async def test_wrong_queries_are_refused(relay: Relay, query: str) -> None:
    relay.address(0)
    async with relay.session.get(relay.server.make_url(f"/api/moosicbox/tracks/st-1/stream?{query}")) as response:
        assert response.status == 400
    assert relay.station.connections == 0


async def test_an_unknown_station_isnt_found(relay: Relay) -> None:
    async with relay.session.get(relay.server.make_url("/api/moosicbox/tracks/st-9/stream?origin=0")) as response:
        assert response.status == 404


async def test_the_number_of_stations_and_listeners_is_bounded(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    since_us = relay.clock.now_us()
    async with relay.listen(since_us, 0.0):
        monkeypatch.setattr(module, "MAX_LISTENERS", 1)
        async with relay.session.get(f"{relay.address(since_us)}&start=0") as response:
            assert response.status == 503
        monkeypatch.setattr(module, "MAX_LISTENERS", 10)
        monkeypatch.setattr(module, "MAX_STATIONS", 1)
        async with relay.session.get(f"{relay.address(since_us, relay.station.url + '?other')}&start=0") as response:
            assert response.status == 503


async def test_a_redirection_to_a_forbidden_address_isnt_followed(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_station, "RETRY_SECONDS", (0.0,))
    asked: list[str] = []

    async def secret(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/secret")

    def require_allowed(url: str) -> None:
        checked.append(url)
        if url.endswith("/secret"):
            raise NotSupported("This address isn't allowed")

    checked: list[str] = []
    app = web.Application()
    app.router.add_get("/secret", secret)
    app.router.add_get("/live", redirect)
    async with TestServer(app) as server, ClientSession() as session:
        guarded = SharedStations(
            "ffmpeg", lambda: session, relay.clock, Seal(b"key"), require_allowed, linger_seconds=0
        )
        relay.shared_stations.__dict__.update(guarded.__dict__)
        since_us = relay.clock.now_us()
        address = f"{relay.address(since_us, str(server.make_url('/live')))}&start=0"
        async with asyncio.timeout(TIMEOUT), relay.session.get(address) as response:
            assert response.status == 503
        await guarded.close()
    assert any(url.endswith("/secret") for url in checked)
    assert asked == []
