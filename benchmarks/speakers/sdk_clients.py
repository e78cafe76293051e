"""Clients of Sendspin's SDK without a sound card: their clocks run wrong, and their network is uneven.

The moment at which a sample would sound is the one to which the client's own filter converts the time that came with it.
The same clients of the SDK's own server show what of the error is the filter's.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
import time
from typing import Final

from aiohttp import ClientSession, web
from aiosendspin.client import PairingSupport, SendspinClient
from aiosendspin.client.listener import ClientListener
from aiosendspin.models import AudioCodec
from aiosendspin.models.player import ClientHelloPlayerSupport, SupportedAudioFormat
from aiosendspin.models.types import Roles
from aiosendspin.noise.keys import Identity
from aiosendspin.noise.trust_store import ClientPairingConfig, InMemoryClientPairingStore
from aiosendspin.server import SendspinServer
from sendspin.serve.server import PartyPairingStore

from benchmarks.home import RunningHome
from benchmarks.report import Row, median
from benchmarks.sync.slow_network import slow_network
from custom_components.moosicbox.engine.protocol.client import RoomJoin
from script.lib.process import free_port
from script.lib.speaker_dialogs import add_sendspin

PPM: Final = 100
JITTER: Final = 0.05
SETTLED: Final = 30.0
EVERY: Final = 0.1
SYNCHRONIZE_TIMEOUT: Final = 60.0
OFFSET_US: Final = 5_000_000


class SkewedClock:
    """A clock that runs fast or slow."""

    def __init__(self, ppm: float) -> None:
        self._rate = 1 + ppm * 1e-6
        self._origin_us = time.monotonic_ns() // 1000

    def now_us(self) -> int:
        """Return what the clock shows."""
        return round((time.monotonic_ns() / 1000 - self._origin_us) * self._rate) + OFFSET_US

    def true_us(self, shown_us: int) -> float:
        """Return the machine's time at which the clock shows a time."""
        return (shown_us - OFFSET_US) / self._rate + self._origin_us


class Speaker:
    """A client that listens at an address, and the times that came with its audio."""

    def __init__(self, client: SendspinClient, clock: SkewedClock, url: str) -> None:
        self.url = url
        self.newest_us: int | None = None
        self._client = client
        self._clock = clock
        client.add_audio_chunk_listener(self._on_chunk)

    def _on_chunk(self, at_us: int, *_: object) -> None:
        self.newest_us = at_us

    @property
    def knows_the_time(self) -> bool:
        """True once its filter has converged."""
        return self._client.is_time_synchronized()

    def sounds_us(self, at_us: int) -> float:
        """Return the machine's time at which the sample of a hub time would sound."""
        return self._clock.true_us(self._client.compute_play_time(at_us))


async def rows(home: RunningHome, seconds: float) -> list[Row]:
    """Measure two clients whose clocks differ by 200 ppm, near the hub and on an uneven network."""
    found: list[Row] = []
    seconds = max(seconds, 2 * SETTLED) - SETTLED
    async with ClientSession() as session:
        for what, jitter in (("SDK clients, ±100 ppm", 0.0), ("SDK clients, ±100 ppm, 50 ms of jitter", JITTER)):
            async with _pair(session, jitter) as pair:
                found += _spread(what, await _at_the_hub(home, what, pair, seconds), "≤ 1")
            async with _pair(session, jitter) as pair:
                found += _spread(f"{what}, the SDK's server", await _at_the_sdk(pair, seconds), "")
    return found


async def _at_the_hub(home: RunningHome, name: str, pair: list[Speaker], seconds: float) -> list[float]:
    room = await home.hub.create_room(name)
    for speaker in pair:
        added = await add_sendspin(home.client, home.entry_id, speaker.url)
        await home.hub.request(RoomJoin(room_id=room.id, player_id=added.player_id))
    await room.queue.add(media="media-source://media_source/local/ruler-0.flac")
    await room.mode(repeat="all")
    await room.play()
    apart = await _listen(pair, seconds, lambda: pair[0].newest_us)
    await room.stop()
    return apart


async def _at_the_sdk(pair: list[Speaker], seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    server = SendspinServer(loop, Identity.generate(), "Peer", pairing_store=PartyPairingStore())
    try:
        for speaker in pair:
            server.connect_to_client(speaker.url)
        async with asyncio.timeout(SYNCHRONIZE_TIMEOUT):
            while not all(speaker.knows_the_time for speaker in pair):  # noqa: ASYNC110 - the SDK has no event for it
                await asyncio.sleep(EVERY)
        return await _listen(pair, seconds, server.clock.now_us)
    finally:
        await server.close()


async def _listen(pair: list[Speaker], seconds: float, moment: Callable[[], int | None]) -> list[float]:
    """Return the differences in ms at the server's times that `moment` returns."""
    await asyncio.sleep(SETTLED)
    apart: list[float] = []
    for _ in range(round(seconds / EVERY)):
        await asyncio.sleep(EVERY)
        if (at_us := moment()) is not None:
            apart.append(abs(pair[0].sounds_us(at_us) - pair[1].sounds_us(at_us)) / 1e3)
    return apart


def _spread(what: str, apart: list[float], goal: str) -> list[Row]:
    apart = sorted(apart)
    return [
        Row(f"{what}: apart, median", median(apart), "ms"),
        Row(f"{what}: apart, p95", apart[int(0.95 * (len(apart) - 1))], "ms", goal),
    ]


@asynccontextmanager
async def _pair(session: ClientSession, jitter: float) -> AsyncGenerator[list[Speaker]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(_speaker(session, ppm, jitter)) for ppm in (PPM, -PPM)]


@asynccontextmanager
async def _speaker(session: ClientSession, ppm: float, jitter: float) -> AsyncGenerator[Speaker]:
    store = InMemoryClientPairingStore()
    await store.store_pairing_config(ClientPairingConfig(unpaired_access_enabled=True))
    clock = SkewedClock(ppm)
    client = SendspinClient(
        Identity.generate(),
        f"SDK {ppm:+} {jitter}",
        [Roles.PLAYER],
        pairing_store=store,
        player_support=ClientHelloPlayerSupport(
            supported_formats=[
                SupportedAudioFormat(codec=AudioCodec.FLAC, sample_rate=48_000, bit_depth=16, channels=2)
            ],
            buffer_capacity=2_000_000,
        ),
        session=session,
        required_lead_time_ms=100,
        min_buffer_ms=100,
        state_supported_commands=[],
        pairing_support=PairingSupport(),
        clock=clock,
    )
    port = free_port()
    listener = ClientListener(
        client.identity.peer_id, partial(_accept, client), port=port, host="127.0.0.1", advertise_mdns=False
    )
    async with AsyncExitStack() as stack:
        await listener.start()
        stack.push_async_callback(listener.stop)
        stack.push_async_callback(client.disconnect)
        if jitter:
            port = await stack.enter_async_context(slow_network(port, jitter))
        yield Speaker(client, clock, f"ws://127.0.0.1:{port}/sendspin")


async def _accept(client: SendspinClient, socket: web.WebSocketResponse) -> None:
    await client.attach_websocket(socket)
    closed = asyncio.Event()
    unsubscribe = client.add_disconnect_listener(closed.set)
    try:
        await closed.wait()
    finally:
        unsubscribe()
