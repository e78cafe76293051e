"""permessage-deflate: one compression per message for all clients, read by other implementations."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
import json
from typing import Any
import zlib

import pytest
from websockets.asyncio.client import ClientConnection, connect as websockets_connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from tests.engine.fakes import chance
from tests.fixtures import Connect
from tests.http import HttpClient

from .client import CONTROLLER, PATH, PATIENCE, Client, Message
from .raw import COMPRESSED, FINAL, TEXT, RawClient, frame

OFFER = "Sec-WebSocket-Extensions: permessage-deflate"
AGREEMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "takeover": {"server_max_window_bits": None},
    "window of 512": {"server_max_window_bits": 9},
    "window of 4,096": {"server_max_window_bits": 12},
    "each alone": {"server_no_context_takeover": True},
    "each alone, both ways": {"server_no_context_takeover": True, "client_no_context_takeover": True},
    "client's window": {"client_max_window_bits": 10},
    "client alone": {"client_no_context_takeover": True},
}
"""The offers of clients of the `websockets` package."""


@pytest.fixture
def compressing(hub: Hub) -> Hub:
    """A hub that compresses for private addresses, too."""
    hub.configure(replace(hub.limits, compress_local=True, sync_burst=10_000))
    return hub


def message(number: int, size: int = 40) -> CustomMessage:
    """Return a payload that resembles the others, as real messages do."""
    return CustomMessage(event="status", data={"number": number, "text": "a player plays a song " * size})


class WebSocketsClient:
    """A client of the `websockets` package."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.numbers: list[int] = []

    async def authenticate(self, token: str, topics: list[str]) -> None:
        await self.send("authenticate", token=token, client=CONTROLLER, subscribe=topics)
        await self.until("welcome")

    async def send(self, type_: str, **fields: object) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def until(self, type_: str) -> Message:
        while True:
            async with asyncio.timeout(PATIENCE):
                received: Message = json.loads(await self.socket.recv())
            if received["type"] == "message":
                self.numbers.append(received["data"]["number"])
            if received["type"] == type_:
                return received

    async def arrived(self) -> list[int]:
        """Return the numbers of all received messages."""
        await self.send("ping", padding="x" * 500)
        await self.until("pong")
        return self.numbers


type Dial = Callable[..., Awaitable[WebSocketsClient]]


@pytest.fixture
async def dial(http: HttpClient, compressing: Hub, token: str) -> AsyncGenerator[Dial]:
    """Connect with the `websockets` package, whose names of compression parameters are used."""
    sockets: list[ClientConnection] = []

    async def dial(topics: list[str], **offer: Any) -> WebSocketsClient:
        extensions = [ClientPerMessageDeflateFactory(**{"client_max_window_bits": True, **offer})] if offer else None
        socket = await websockets_connect(
            f"ws://{http.host}:{http.port}{PATH}", extensions=extensions, compression=None, proxy=None
        )
        sockets.append(socket)
        assert bool(socket.protocol.extensions) == bool(offer)
        client = WebSocketsClient(socket)
        await client.authenticate(token, topics)
        return client

    yield dial
    for socket in sockets:
        await socket.close()


async def test_every_negotiated_compression_is_readable(dial: Dial, compressing: Hub) -> None:
    """All parameters, several topics, sizes around the threshold, private answers in between, late joiners."""
    clients = {
        name: (["all", "players"], await dial(["all", "players"], **offer)) for name, offer in AGREEMENTS.items()
    }
    expected: dict[str, list[int]] = {name: [] for name in clients}
    for number in range(60):
        if number in (20, 40):
            for name, offer in AGREEMENTS.items():
                late = f"{name}, from {number} on"
                clients[late] = (["all"], await dial(["all"], **offer))
                expected[late] = []
        topic = ("all", "players", "all")[number % 3]
        compressing.publish(topic, message(number, size=(0, 3, 40, 400)[number % 4]))
        for name, (topics, client) in clients.items():
            if topic in topics:
                expected[name].append(number)
            if number % 7 == 0:
                await client.arrived()
    for name, (_, client) in clients.items():
        assert await client.arrived() == expected[name], name


@pytest.mark.parametrize("bits", [9, 12, 15])
async def test_aiohttp_reads_compressed_messages(compressing: Hub, connect: Connect, token: str, bits: int) -> None:
    """Beside a client without compression."""
    clients: list[Client] = []
    for compress in bits, 15, 0:
        clients.append(client := await connect(compress=compress))
        assert bool(client.socket.compress) == bool(compress)
        await client.authenticate(token, subscribe=["all"])
    for number in range(20):
        compressing.publish("all", message(number))
        if number == 10:
            clients.append(client := await connect(compress=bits))
            await client.authenticate(token, subscribe=["all"])
    for client in clients:
        heard = [each["data"]["number"] for each in await client.arrived()]
        assert heard == list(range(20 - len(heard), 20))
        assert len(heard) == (9 if client is clients[3] else 20)


# ---------------------------------------------------------------- frames on the wire


class Wire:
    """A raw connection that inflates its frames."""

    def __init__(self, raw: RawClient, bits: int) -> None:
        self.raw = raw
        self.inflater = zlib.decompressobj(-bits)
        self.bits = bits

    async def message(self) -> tuple[bool, int, Message]:
        """Return the next message, its size on the wire, and true if it was compressed."""
        first, payload = await self.raw.receive()
        compressed = first == FINAL | COMPRESSED | TEXT
        assert compressed or first == FINAL | TEXT
        text = self.inflater.decompress(payload + b"\0\0\xff\xff") if compressed else payload
        return compressed, len(payload), json.loads(text)

    async def published(self) -> tuple[bool, int]:
        while (received := await self.message())[2]["type"] != "message":
            pass
        return received[:2]


@pytest.fixture
async def wire(http: HttpClient, compressing: Hub, token: str) -> AsyncGenerator[Callable[..., Awaitable[Wire]]]:
    """Connect with an offer and inflate with a window of `bits`."""
    opened: list[RawClient] = []

    async def wire(offer: str = OFFER, bits: int = 15) -> Wire:
        opened.append(raw := await RawClient.connect(http, offer))
        client = Wire(raw, bits)
        raw.send(
            TEXT,
            json.dumps({"type": "authenticate", "token": token, "client": CONTROLLER, "subscribe": ["all"]}).encode(),
        )
        while (await client.message())[2]["type"] != "welcome":
            pass
        return client

    yield wire
    for raw in opened:
        raw.abort()


async def test_short_messages_are_not_compressed(wire: Callable[..., Any], compressing: Hub) -> None:
    client = await wire()
    for size, compressed in (0, False), (40, True):
        compressing.publish("all", message(1, size))
        assert (await client.published())[0] is compressed
    compressing.configure(replace(compressing.limits, compression_threshold=60_000))
    compressing.publish("all", message(1, 40))
    assert (await client.published())[0] is False


async def test_a_higher_level_makes_messages_smaller(wire: Callable[..., Any], compressing: Hub) -> None:
    client = await wire(OFFER + "; server_no_context_takeover")
    text = " ".join(chance(7).choices(["rain", "brass", "morning", "paper", "lantern", "copper", "wheel"], k=2_000))
    sizes = []
    for level in 1, 9:
        compressing.configure(replace(compressing.limits, compression_level=level))
        compressing.publish("all", CustomMessage(event="e", data={"text": text}))
        sizes.append((await client.published())[1])
    assert sizes[1] < sizes[0] < len(text)


@pytest.mark.parametrize("bits", [9, 12, 15])
async def test_the_window_option_limits_the_window(wire: Callable[..., Any], compressing: Hub, bits: int) -> None:
    """A client with a window of that size can inflate all messages."""
    compressing.configure(replace(compressing.limits, compression_window_bits=bits))
    clients = [await wire(bits=bits), await wire(bits=bits)]
    noise = chance(7).randbytes(4_000).hex()
    sizes = []
    for _ in range(3):
        compressing.publish("all", CustomMessage(event="e", data={"text": noise}))
        sizes += [(await client.published())[1] for client in clients]
    assert (sizes[-1] < 500) == (bits == 15)


async def test_subscribers_share_one_compressed_stream(wire: Callable[..., Any], compressing: Hub) -> None:
    """They get few bytes, and the same ones."""
    clients = [await wire() for _ in range(3)]
    sizes, noise = [], chance(7).randbytes(500).hex()
    for number in range(10):
        compressing.publish("all", CustomMessage(event="e", data={"number": number, "text": noise}))
        sizes.append([(await client.published())[1] for client in clients])
    assert all(len(set(row)) == 1 for row in sizes[1:])
    assert max(sizes[-1]) <= 40


async def test_private_addresses_get_no_compression_by_default(hub: Hub, http: HttpClient, connect: Connect) -> None:
    assert not (await connect(compress=15)).socket.compress
    hub.configure(replace(hub.limits, compress_local=True))
    assert (await connect(compress=15)).socket.compress
    hub.configure(replace(hub.limits, compression=False))
    assert not (await connect(compress=15)).socket.compress


# ---------------------------------------------------------------- towards the hub


def deflated(text: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.mark.parametrize("size", [300_000, 200 * 1_048_576])
async def test_a_message_too_large_when_inflated_closes_with_1009(
    wire: Callable[..., Any], compressing: Hub, controller: Client, size: int
) -> None:
    """It is not inflated completely."""
    client = await wire()
    bomb = deflated(b'{"type":"ping","x":"' + b"x" * size)
    client.raw.writer.write(frame(TEXT, bomb, first=FINAL | COMPRESSED))
    assert await client.raw.closed() == 1009
    await controller.arrived()


async def test_a_compressed_message_over_the_limit_is_refused(wire: Callable[..., Any], compressing: Hub) -> None:
    client = await wire()
    client.raw.send(TEXT, first=FINAL | COMPRESSED, size=compressing.limits.max_message_size + 2)
    assert await client.raw.closed() == 1009


async def test_invalid_compressed_data_closes_the_connection(wire: Callable[..., Any], controller: Client) -> None:
    client = await wire()
    client.raw.send(TEXT, b"\xff" * 50, first=FINAL | COMPRESSED)
    assert await client.raw.closed() is not None
    await controller.arrived()
