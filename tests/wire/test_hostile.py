"""Hostile input: the answer is always the protocol's, and other connections aren't affected."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import replace
import json
import logging

from aiohttp import WSServerHandshakeError
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers.json import json_bytes
import orjson
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.sessions.session import Session
from custom_components.moosicbox.engine.signals import Signal
from tests.fixtures import Connect, CreateToken, ManualClock
from tests.http import HttpClient

from .client import PATH, Client
from .raw import BINARY, CLOSE, COMPRESSED, CONTINUATION, FINAL, PING, PONG, TEXT, RawClient, frame

STRANGERS = 1_000
FLOOD = 20_000
"""Control frames; more than one chunk of the socket."""

type ConnectRaw = Callable[..., Awaitable[RawClient]]


@pytest.fixture
async def connect_raw(http: HttpClient) -> AsyncGenerator[ConnectRaw]:
    """Open connections that are not authenticated; they are dropped after the test."""
    clients: list[RawClient] = []

    async def connect_raw(*headers: str) -> RawClient:
        clients.append(client := await RawClient.connect(http, *headers))
        return client

    yield connect_raw
    for client in clients:
        client.abort()


@pytest.fixture
async def raw(connect_raw: ConnectRaw, token: str) -> RawClient:
    """An authenticated connection without topics."""
    client = await connect_raw()
    await client.authenticate(token, subscribe=[])
    return client


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Fail if input of a client is logged as an error."""
    yield
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert errors == []


def event(signal: Signal[Session]) -> asyncio.Event:
    """Return an event that is set when the signal is emitted."""
    given = asyncio.Event()
    signal.subscribe(lambda _session: given.set())
    return given


def ping(request_id: str) -> bytes:
    return json.dumps({"type": "ping", "request_id": request_id}).encode()


async def answered(client: RawClient, request_id: str = "alive") -> None:
    """Check that the connection still works."""
    client.send(TEXT, ping(request_id))
    while (await client.until("pong")).get("request_id") != request_id:
        pass


NO_TEXT = {
    "nothing else": b"\xff\xfe",
    "in a string": b'{"type":"ping","x":"\xc3\x28"}',
    "a surrogate": b'{"type":"ping","x":"\xed\xa0\x80"}',
    "in the type": b'{"type":"\xf8"}',
}


async def test_invalid_utf8_closes_with_1007(
    connect_raw: ConnectRaw, token: str, controller: Client, subtests: pytest.Subtests
) -> None:
    """As RFC 6455 demands."""
    for where, payload in NO_TEXT.items():
        with subtests.test(where):
            raw = await connect_raw()
            await raw.authenticate(token, subscribe=[])
            raw.send(TEXT, payload)
            assert await raw.closed() == 1007
    await controller.arrived()


BROKEN = {
    "reserved bit 2": frame(TEXT, b"{}", first=FINAL | 0x20),
    "reserved bit 3": frame(TEXT, b"{}", first=FINAL | 0x10),
    "compressed without agreement": frame(TEXT, b"{}", first=FINAL | COMPRESSED),
    "unknown opcode": frame(0x3, b"{}"),
    "unknown control opcode": frame(0xB),
    "nothing to continue": frame(CONTINUATION, b"{}"),
    "fragmented ping": frame(PING, first=0),
    "long ping": frame(PING, b"x" * 126),
    "interleaved text": frame(TEXT, b"{", first=0) + frame(TEXT, b"}"),
    "half a code": frame(CLOSE, b"\x03"),
    "code 999": frame(CLOSE, (999).to_bytes(2)),
    "code 1004": frame(CLOSE, (1004).to_bytes(2)),
    "reason no text": frame(CLOSE, (1000).to_bytes(2) + b"\xff"),
}


async def test_invalid_frames_close_with_a_standard_code(
    connect_raw: ConnectRaw, token: str, controller: Client, subtests: pytest.Subtests
) -> None:
    """Other connections are not affected."""
    for what, bad in BROKEN.items():
        with subtests.test(what):
            raw = await connect_raw()
            await raw.authenticate(token, subscribe=[])
            raw.writer.write(bad)
            assert await raw.closed() in (1002, 1007)
    await controller.arrived()


async def test_any_close_code_of_a_client_is_accepted(
    connect_raw: ConnectRaw, token: str, controller: Client, hub: Hub, subtests: pytest.Subtests
) -> None:
    """Only a normal one ends the session."""
    ended: list[Session] = []
    hub.sessions.ended.subscribe(ended.append)
    for code in 1005, 1006, 2999, 3000, 4999, 5000, 65_535:
        with subtests.test(code=code):
            raw = await connect_raw()
            await raw.authenticate(token, subscribe=[])
            lost = event(hub.sessions.disconnected)
            raw.send(CLOSE, code.to_bytes(2))
            assert await raw.closed() == (code if code in (3000, 4999) else 1002)
            await lost.wait()
            assert ended == []
    await controller.arrived()


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4000, 4999])
@pytest.mark.parametrize("known", [True, False], ids=["after the welcome", "before authentication"])
async def test_the_code_of_a_close_frame_is_echoed(
    connect_raw: ConnectRaw, token: str, hub: Hub, code: int, known: bool
) -> None:
    """With another code than 1000 the session waits: the answer must not say that it has ended."""
    raw = await connect_raw()
    if known:
        await raw.authenticate(token, subscribe=[])
    raw.send(CLOSE, code.to_bytes(2) + b"bye")
    assert await raw.closed() == code
    assert await raw.closed() is None
    if known:
        assert len(hub.sessions) == (0 if code == 1000 else 1)


async def test_a_close_frame_without_a_code_is_answered(raw: RawClient) -> None:
    raw.send(CLOSE)
    assert await raw.closed() == 1000


@pytest.mark.parametrize("known", [True, False], ids=["after the welcome", "before authentication"])
async def test_a_client_that_pings_and_disconnects_leaves_no_trace(
    connect_raw: ConnectRaw, token: str, hub: Hub, controller: Client, known: bool
) -> None:
    """The answers to its pings can't be written any more."""
    for _ in range(20):
        raw = await connect_raw()
        if known:
            await raw.authenticate(token, subscribe=[])
        for number in range(10):
            raw.send(PING, str(number).encode())
        raw.abort()
    await controller.arrived()
    while len(list(hub.sessions.connected())) > 1:
        await controller.arrived()


async def test_fragmented_messages_are_joined(raw: RawClient) -> None:
    """With control frames in between, even byte by byte."""
    text = ping("pieces")
    raw.send(TEXT, text[:1], first=0)
    for byte in text[1:]:
        raw.send(CONTINUATION, bytes((byte,)), first=0)
    raw.send(PING, b"between")
    raw.send(CONTINUATION)
    assert await raw.receive() == (FINAL | PONG, b"between")
    assert (await raw.until("pong"))["request_id"] == "pieces"


async def test_the_size_of_fragmented_messages_is_bounded(raw: RawClient, hub: Hub) -> None:
    raw.send(TEXT, b" " * 1_000, first=0)
    for _ in range(hub.limits.max_message_size // 1_000 + 1):
        raw.send(CONTINUATION, b" " * 1_000, first=0)
    assert await raw.closed() == 1009


async def test_no_memory_is_reserved_for_a_frame_that_never_comes(
    connect_raw: ConnectRaw, token: str, subtests: pytest.Subtests
) -> None:
    for size in 2**20, 2**40, 2**63 - 1:
        with subtests.test(size=size):
            raw = await connect_raw()
            await raw.authenticate(token, subscribe=[])
            raw.send(TEXT, b"{", size=size)
            assert await raw.closed() == 1009


async def test_a_connection_that_breaks_within_a_frame_is_lost(
    connect_raw: ConnectRaw, token: str, controller: Client, hub: Hub, subtests: pytest.Subtests
) -> None:
    for cut in 1, 3, 7, 20:
        with subtests.test(cut=cut):
            raw = await connect_raw()
            await raw.authenticate(token, subscribe=[])
            lost = event(hub.sessions.disconnected)
            raw.writer.write(frame(TEXT, ping("x"))[:cut])
            raw.writer.close()
            await lost.wait()
    await controller.arrived()
    assert len(list(hub.sessions.connected())) == 1


ODD_JSON: list[tuple[str, str | None]] = [
    ("[" * 100_000, "serialization_error"),
    ('{"a":' * 50_000, "serialization_error"),
    ('{"type":"ping","a":' + "[" * 100_000 + "]" * 100_000 + "}", None),
    ('{"type":"seek_command","position_seconds":NaN}', "serialization_error"),
    ('{"type":"seek_command","position_seconds":Infinity}', "serialization_error"),
    ('{"type":"seek_command","position_seconds":1e999}', None),
    ('{"type":"seek_command","position_seconds":' + "9" * 10_000 + "}", None),
    ('{"type":"time_sync","t0_us":1' + "0" * 400 + "}", None),
    ('{"type":"time_sync","t0_us":-9223372036854775809}', None),
    ('{"type":"ping","type":"seek_command"}', None),
    ('{"type":"ping","request_id":"a\\u0000b"}', None),
    ('{"type":"ping","request_id":"\\ud800"}', None),
    ('{"type":"ping"}{"type":"ping"}', "serialization_error"),
]


REFUSED_BY_PARSERS: dict[str, list[str | int]] = {
    '"type":"room_chat","room_id":"r","message":"\\ud800"': ["message"],
    '"type":"room_chat","room_id":"r","message":"x","y":["\\udc00x"]': ["y", 0],
    '"type":"broadcast","target":"all","event":"e","data":{"a":[0,{"b":"\\ud83d"}]}': ["data", "a", 1, "b"],
    '"type":"broadcast","target":"all","event":"e","data":{"\\ud83d":1}': ["data"],
    '"type":"seek_command","position_seconds":1e400': ["position_seconds"],
    '"type":"seek_command","position_seconds":-1e400': ["position_seconds"],
    '"type":"time_sync","t0_us":1' + "0" * 400: ["t0_us"],
    '"type":"time_sync","t0_us":1' + "0" * 10_000: ["t0_us"],
    '"type":"queue_command","action":"get","limit":1e400': ["limit"],
    '"type":"queue_command","action":"get","other":[1e400]': ["other", 0],
    '"type":"queue_command","action":"get","other":' + "[" * 2_000 + "]" * 2_000: ["other"],
    '"type":"client_event","event":"e","data":{"x":' + "[" * 50_000 + "]" * 50_000 + "}": ["data"],
}
"""Fields of messages that are JSON, but not for every parser, and the path to the fault."""


async def test_a_fault_that_parsers_refuse_is_named(
    raw: RawClient, clock: ManualClock, subtests: pytest.Subtests
) -> None:
    for number, (fields, path) in enumerate(REFUSED_BY_PARSERS.items()):
        for where in "before", "behind":
            with subtests.test(fields[:60], request_id=where):
                clock.moment_us += 1_000_000
                request_id = f"{where}-{number}"
                named = f'"request_id":"{request_id}"'
                raw.send(
                    TEXT, f"{{{named},{fields}}}".encode() if where == "before" else f"{{{fields},{named}}}".encode()
                )
                error = await raw.until("error")
                assert (error["error_type"], error["path"], error["request_id"]) == (
                    "invalid_message",
                    path,
                    request_id,
                )


FREE: dict[str, tuple[str, list[str | int] | None]] = {
    "64 bits": ('{"x":[9223372036854775807,-9223372036854775808]}', None),
    "2^63": ('{"x":9223372036854775808}', ["data", "x"]),
    "-2^63-1": ('{"x":-9223372036854775809}', ["data", "x"]),
    "2^64": ('{"x":18446744073709551616}', ["data", "x"]),
    "300 digits": ('{"x":[true,' + "9" * 300 + "]}", ["data", "x", 1]),
    "400 digits": ('{"x":' + "9" * 400 + "}", ["data", "x"]),
    "a large float": ('{"x":1e308}', None),
    "infinity": ('{"x":{"y":-1e400}}', ["data", "x", "y"]),
    "32 levels": ('{"x":' * 31 + "[]" + "}" * 31, None),
    "33 levels": ('{"x":' * 32 + "[]" + "}" * 32, ["data", *["x"] * 32]),
    "500 levels": ('{"x":' + "[" * 500 + "]" * 500 + "}", ["data", "x", *[0] * 31]),
}
"""Free JSON, and the path to the fault for which it is refused."""


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("type_", ["client_event", "broadcast"])
async def test_free_json_is_bounded_to_what_every_decoder_understands(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, name: str, type_: str
) -> None:
    data, path = FREE[name]
    client = await connect()
    await client.authenticate(await create_token("boss", role="admin"), subscribe=["all"])
    fired: list[Event] = []
    hass.bus.async_listen("moosicbox_client_event", fired.append)
    target = '"target":"all",' if type_ == "broadcast" else ""
    await client.socket.send_str(f'{{"type":"{type_}",{target}"event":"e","data":{data},"request_id":"r"}}')
    answer = await client._find(lambda message: message.get("request_id") == "r")
    if path is None:
        assert answer["type"] == "result"
        if type_ == "broadcast":
            assert (await client.until("message"))["data"] == json.loads(data)
        else:
            await hass.async_block_till_done()
            # The recorder and web pages encode it with orjson.
            assert orjson.loads(json_bytes(fired[0].data))["data"] == json.loads(data)
    else:
        assert (answer.get("error_type"), answer.get("path")) == ("invalid_message", path)
        assert fired == []
        assert not [message for message in await client.arrived() if message["type"] == "message"]


async def test_odd_json_is_answered_and_keeps_the_connection(raw: RawClient, subtests: pytest.Subtests) -> None:
    for number, (text, error_type) in enumerate(ODD_JSON):
        with subtests.test(text[:50]):
            raw.send(TEXT, text.encode())
            raw.send(TEXT, ping(f"behind-{number}"))
            answers = []
            while (message := await raw.message()).get("request_id") != f"behind-{number}":
                answers.append(message)
            if error_type is not None:
                assert [answer["error_type"] for answer in answers] == [error_type]
            assert all(answer["type"] in ("error", "pong", "time_sync") for answer in answers)
            assert all(answer.get("error_type") != "internal_error" for answer in answers)


async def test_duplicate_keys_do_not_bypass_permissions(raw: RawClient) -> None:
    raw.send(TEXT, b'{"type":"ping","request_id":"a","request_id":"b"}')
    assert (await raw.until("pong"))["request_id"] in ("a", "b")


async def test_pings_that_come_at_once_are_answered_in_order(raw: RawClient, hub: Hub) -> None:
    for number in range(hub.limits.sync_burst):
        raw.send(PING, str(number).encode())
    raw.send(TEXT, ping("behind"))
    pongs = []
    while (received := await raw.receive())[0] == FINAL | PONG:
        pongs.append(int(received[1]))
    assert pongs == list(range(hub.limits.sync_burst))
    assert json.loads(received[1])["request_id"] == "behind"


async def test_unsolicited_pongs_are_ignored(raw: RawClient, hub: Hub) -> None:
    for _ in range(hub.limits.sync_burst):
        raw.send(PONG, b"unasked")
    await answered(raw)


async def test_binary_frames_are_protocol_errors(raw: RawClient) -> None:
    for _ in range(20):
        raw.send(BINARY, b"\0" * 100)
    assert await raw.closed() == 4513


async def test_no_frame_follows_the_close_frame(raw: RawClient) -> None:
    raw.writer.write(frame(TEXT, ping("last")) + frame(CLOSE, (1000).to_bytes(2)))
    seen = []
    while True:
        first, _ = await raw.receive()
        seen.append(first)
        if first == FINAL | CLOSE:
            break
    assert await raw.closed() is None


async def test_connections_that_never_authenticate_are_bounded(
    http: HttpClient, connect_raw: ConnectRaw, connect: Connect, hub: Hub, token: str
) -> None:
    """Authenticated connections aren't affected, and closed ones make room."""
    # The timeout is long enough that none is closed while others connect, even on a slow machine.
    hub.configure(replace(hub.limits, authentication_timeout=600))
    known = await connect()
    await known.authenticate(token)
    limit = hub.limits.max_unauthenticated_per_address
    held, refused = [], []
    for _ in range(STRANGERS):
        try:
            held.append(await http.ws_connect(PATH))
        except WSServerHandshakeError as error:
            refused.append(error.status)
    assert (len(held), refused) == (limit, [429] * (STRANGERS - limit))
    await known.arrived()
    assert hub.metrics.rejected["rate_limit_exceeded"] == len(refused)

    for socket in held:
        await socket.close()
    for _ in range(limit):
        await connect_raw()


@pytest.mark.parametrize("opcode", [PING, PONG], ids=["pings", "pongs"])
@pytest.mark.parametrize("logged_in", [False, True], ids=["stranger", "client"])
async def test_control_frames_are_limited(
    connect_raw: ConnectRaw, hub: Hub, token: str, opcode: int, logged_in: bool
) -> None:
    """A flood is answered up to the limit, and closes the connection; its rest isn't read."""
    flooder = await connect_raw()
    if logged_in:
        await flooder.authenticate(token, subscribe=[])
    flooder.writer.write(frame(opcode) * FLOOD)
    pongs, code = 0, None
    while code is None:
        first, payload = await flooder.receive()
        pongs += first == FINAL | PONG
        code = int.from_bytes(payload[:2]) if first == FINAL | CLOSE else None
    assert code == 4029
    assert pongs == (hub.limits.sync_burst if opcode == PING else 0)


async def test_usual_pings_are_answered(raw: RawClient, hub: Hub, clock: ManualClock) -> None:
    for number in range(2 * hub.limits.sync_burst):
        clock.moment_us += 1_000_000
        raw.send(PING, str(number).encode())
        assert await raw.receive() == (FINAL | PONG, str(number).encode())
    await answered(raw)
