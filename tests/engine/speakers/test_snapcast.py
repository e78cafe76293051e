"""Snapcast clients: our own, and the one that Debian ships."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path
import signal

from hypothesis import example, given, strategies as st
import numpy as np
import pytest
from yarl import URL

from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd, SeekCommand, VolumeCommand
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioHeader, Chunk
from custom_components.moosicbox.engine.speakers.snapcast import connection, messages
from custom_components.moosicbox.engine.speakers.snapcast.connection import BUFFER_MS, is_local
from custom_components.moosicbox.engine.speakers.snapcast.messages import MAX_PAYLOAD, ProtocolError
from custom_components.moosicbox.engine.speakers.snapcast.server import MAX_CONNECTIONS, SnapcastServer
from tests.client.proxy import Proxy

from . import sound
from .snapcast_client import SnapcastClient, hello, message, sized, snapcast_client
from .stage import Stage

PLAYER = "snapcast-001122334455"
RATE = 48_000


@pytest.fixture
async def snapcast(stage: Stage) -> AsyncGenerator[SnapcastServer]:
    server = SnapcastServer(stage.speakers)
    await server.start("127.0.0.1", 0)
    yield server
    await server.stop()


@pytest.fixture
async def client(stage: Stage, snapcast: SnapcastServer) -> AsyncGenerator[SnapcastClient]:
    """A client that was added as the player `PLAYER`."""
    stage.speakers.set_added({PLAYER: "Den"})
    assert snapcast.port is not None
    async with snapcast_client(snapcast.port) as connected:
        connected.send(hello())
        await stage.until(lambda: stage.hub.players.find(PLAYER) is not None and stage.player(PLAYER).connected)
        yield connected


async def play(stage: Stage, name: str = "whole.flac") -> None:
    await stage.do(QueueAdd(player_id=PLAYER, media_content_id=name))
    await stage.do(PlaybackCommand(player_id=PLAYER, command="play"))


def heard(client: SnapcastClient) -> sound.Samples:
    ((codec, header),) = client.codecs
    assert codec == "flac"
    described = AudioHeader(codec="flac", rate=RATE, bits=16, channels=2, codec_header=header)
    return sound.decode(described, [Chunk(0, 0, data) for _, data in client.chunks])


async def test_a_client_is_offered_and_then_added(stage: Stage, snapcast: SnapcastServer) -> None:
    assert snapcast.port is not None
    async with snapcast_client(snapcast.port) as client:
        client.send(hello())
        await stage.until(lambda: stage.speakers.waiting)
        (info,) = stage.speakers.waiting
        assert (info.player_id, info.kind, info.name, info.model) == (PLAYER, "snapcast", "den", "Snapclient 0.26.0")
        assert stage.hub.players.find(PLAYER) is None
        stage.speakers.set_added({PLAYER: "Den"})
        await stage.until(lambda: stage.hub.players.find(PLAYER) is not None and stage.player(PLAYER).connected)
        assert (stage.player(PLAYER).name, stage.speakers.waiting) == ("Den", [])
    await stage.until(lambda: not stage.player(PLAYER).connected)
    assert stage.speakers.state_of(PLAYER) == "disconnected"


async def test_the_hello_is_answered_by_the_settings(client: SnapcastClient) -> None:
    assert client.answers == {1: messages.MessageType.SERVER_SETTINGS}
    assert client.settings[0] == {"bufferMs": BUFFER_MS, "latency": 0, "muted": False, "volume": 100}


async def test_the_clock_can_be_measured(stage: Stage, client: SnapcastClient) -> None:
    for _ in range(5):
        client.probe()
    await stage.until(lambda: len(client.offsets_us) == 5)
    assert all(abs(offset_us + 5_000_000) < 100_000 for offset_us in client.offsets_us)


@pytest.mark.process
async def test_chunks_come_in_time_and_without_gaps(stage: Stage, client: SnapcastClient) -> None:
    await play(stage, "first.flac")
    await play(stage, "second.flac")
    await stage.until(lambda: stage.finished(PLAYER))
    parts = [round(part / sound.RATE * RATE) for part in (sound.CUT, len(sound.noise()) - sound.CUT)]
    assert len(heard(client)) == pytest.approx(sum(parts), abs=2)
    times = np.array([at_us for at_us, _ in client.chunks])
    assert (np.diff(times) > 0).all()
    assert times[-1] - times[0] < sound.SECONDS * 1e6
    assert [codec for codec, _ in client.codecs] == ["flac"]


@pytest.mark.process
async def test_a_pause_silences_what_the_client_holds(stage: Stage, client: SnapcastClient) -> None:
    await play(stage)
    await stage.until(lambda: len(client.chunks) > 20)
    await stage.do(PlaybackCommand(player_id=PLAYER, command="pause"))
    await stage.until(lambda: client.settings[-1]["muted"])
    until_us = client.chunks[-1][0] + BUFFER_MS * 1000
    await stage.do(PlaybackCommand(player_id=PLAYER, command="play"))
    # It is heard again when the client has played what it held, and only then are there other chunks.
    await stage.until(lambda: not client.settings[-1]["muted"])
    assert stage.hub.clock.now_us() >= until_us
    count = sum(at_us + BUFFER_MS * 1000 <= until_us for at_us, _ in client.chunks)
    await stage.until(lambda: len(client.chunks) > count)
    assert client.chunks[count][0] + BUFFER_MS * 1000 > until_us


@pytest.mark.process
async def test_a_seek_needs_no_new_stream(stage: Stage, client: SnapcastClient) -> None:
    """Some clients don't survive a second description of the stream."""
    await play(stage)
    await stage.until(lambda: len(client.chunks) > 5)
    await stage.do(SeekCommand(player_id=PLAYER, position_seconds=2))
    await stage.until(lambda: stage.finished(PLAYER))
    assert len(client.codecs) == 1
    times = [at_us for at_us, _ in client.chunks]
    assert times == sorted(times)


async def test_volume_goes_both_ways(stage: Stage, client: SnapcastClient) -> None:
    await stage.do(VolumeCommand(player_id=PLAYER, volume=0.3, muted=True))
    await stage.until(lambda: client.settings[-1] | {"volume": 30, "muted": True} == client.settings[-1])
    client.send(message(7, sized(b'{"volume": 55, "muted": false}')))
    await stage.until(lambda: (stage.player(PLAYER).volume, stage.player(PLAYER).muted) == (0.55, False))


@pytest.mark.parametrize(
    "data",
    [
        hello(ID=""),
        hello(ID=5),
        hello(ID="///"),
        message(5, sized(b"{}")),
        message(5, sized(b"[" * 100_000)[:MAX_PAYLOAD]),
        message(5, b"\xff\xff\xff\x7f{}"),
        message(4, bytes(8)),
        message(2, bytes(100)),
        b"GET / HTTP/1.1\r\nHost: den\r\n\r\n",
        b"\0" * 60,
        b"\xff" * 60,
    ],
    ids=["no-id", "number", "path", "empty", "deep", "length", "time-first", "chunk", "http", "zeros", "ones"],
)
async def test_strangers_are_disconnected(stage: Stage, snapcast: SnapcastServer, data: bytes) -> None:
    assert snapcast.port is not None
    async with snapcast_client(snapcast.port) as client:
        client.send(data)
        async with asyncio.timeout(10):
            await client.ended.wait()
    assert stage.speakers.waiting == []


async def test_a_client_with_an_impossible_clock_is_disconnected(
    stage: Stage, client: SnapcastClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.send(messages.HEADER.pack(4, 1, 0, -(2**31), 0, 0, 0, 8) + bytes(8))
    async with asyncio.timeout(10):
        await client.ended.wait()
    await stage.until(lambda: not stage.player(PLAYER).connected)
    assert "was disconnected: The client's clock is too far away" in caplog.text


async def test_a_client_without_a_hello_is_disconnected(
    snapcast: SnapcastServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HELLO_TIMEOUT", 0.05)
    assert snapcast.port is not None
    async with snapcast_client(snapcast.port) as client, asyncio.timeout(10):
        await client.ended.wait()


async def test_a_client_that_is_silent_is_gone(
    stage: Stage, client: SnapcastClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SILENT_SECONDS", 0.05)
    client.probe()  # It is waited for anew after each message.
    async with asyncio.timeout(10):
        await client.ended.wait()
    await stage.until(lambda: not stage.player(PLAYER).connected)


async def test_a_client_that_doesnt_read_is_disconnected(
    stage: Stage, client: SnapcastClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_UNSENT", 10_000)
    client._reading.cancel()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]
    speaker = stage.speakers.find(PLAYER)
    assert speaker is not None
    async with asyncio.timeout(10):
        while stage.player(PLAYER).connected:
            speaker.driver.set_volume(0.5, muted=False)
            speaker.driver._write(bytes(100_000))  # type: ignore[attr-defined]
            await asyncio.sleep(0)


async def test_the_number_of_clients_is_bounded(stage: Stage, snapcast: SnapcastServer) -> None:
    assert snapcast.port is not None
    writers = [(await asyncio.open_connection("127.0.0.1", snapcast.port))[1] for _ in range(MAX_CONNECTIONS)]
    await stage.until(lambda: len(snapcast._connections) == MAX_CONNECTIONS)
    async with snapcast_client(snapcast.port) as client, asyncio.timeout(10):
        await client.ended.wait()
    for writer in writers:
        writer.close()
    await stage.until(lambda: not snapcast._connections)


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("192.168.1.5", True),
        ("10.0.0.1", True),
        ("127.0.0.1", True),
        ("fe80::1%eth0", True),
        ("fd00::5", True),
        ("::ffff:192.168.1.5", True),
        ("::ffff:8.8.8.8", False),
        ("8.8.8.8", False),
        ("2001:4860:4860::8888", False),
        ("?", False),
    ],
)
def test_only_local_networks_are_served(address: str, local: bool) -> None:
    assert is_local(address) is local


@given(data=st.binary(max_size=300))
def test_payloads_are_refused_by_name(data: bytes) -> None:
    for read in (messages.read_hello, messages.read_client_info):
        for payload in (data, sized(data)):
            try:
                read(payload)
            except ProtocolError:
                continue


@example(type_=4, times=[-(2**31), 0, 0, 0], size=8)
@example(type_=4, times=[2**31 - 1, 2**31 - 1, 0, 0], size=8)
@given(
    type_=st.integers(0, 2**16 - 1),
    times=st.lists(st.integers(-(2**31), 2**31 - 1), min_size=4, max_size=4),
    size=st.integers(0, 2**32 - 1),
)
def test_headers_with_large_payloads_are_refused(type_: int, times: list[int], size: int) -> None:
    data = messages.HEADER.pack(type_, 3, 4, *times, size)
    if size > MAX_PAYLOAD:
        with pytest.raises(ProtocolError):
            messages.read_header(data)
        return
    header = messages.read_header(data)
    assert (header.type, header.id, header.refers_to, header.size) == (type_, 3, 4, size)
    assert (header.sent_us, header.received_us) == (times[0] * 10**6 + times[1], times[2] * 10**6 + times[3])
    # Any clock of a client can be answered whose distance can be represented.
    try:
        reply = messages.time_reply(header, 10**12, 10**12)
    except ProtocolError:
        assert not -(2**31) * 10**6 <= 10**12 - header.sent_us < 2**31 * 10**6
    else:
        assert len(reply) == messages.HEADER.size + 8


@pytest.fixture
async def network(snapcast: SnapcastServer) -> AsyncGenerator[Proxy]:
    """A network between clients and the server that can be cut."""
    async with Proxy(URL.build(scheme="http", host="127.0.0.1", port=snapcast.port)) as running:
        yield running


@pytest.mark.process
async def test_debians_snapclient(
    stage: Stage, network: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unmodified client plays. It comes back when its network was cut; frozen it is gone, and a new one takes its place."""
    monkeypatch.setattr(connection, "SILENT_SECONDS", 3.0)
    stage.speakers.set_added({"snapcast-real": "Real"})
    output = tmp_path / "heard.raw"

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *("snapclient", "--host", "127.0.0.1", "--port", network.url.rpartition(":")[2], "--hostID", "real"),
            *("--player", f"file:filename={output},mode=a", "--logsink", "null"),
            env={**os.environ, "HOME": str(tmp_path)},
        )

    def connected() -> bool:
        return stage.hub.players.find("snapcast-real") is not None and stage.player("snapcast-real").connected

    process = await start()
    try:
        await stage.until(connected)
        network.cut()
        await stage.until(lambda: not connected())
        await stage.until(connected)
        await stage.do(VolumeCommand(player_id="snapcast-real", volume=1.0))
        await stage.do(QueueAdd(player_id="snapcast-real", media_content_id="whole.flac"))
        await stage.do(PlaybackCommand(player_id="snapcast-real", command="play"))
        await stage.until(lambda: stage.finished("snapcast-real"))
        await stage.until(lambda: output.stat().st_size > RATE * 4)
        played = np.fromfile(output, np.int16).reshape(-1, 2)
        assert np.abs(played.astype(int)).max() > 5_000
        process.send_signal(signal.SIGSTOP)
        await stage.until(lambda: not connected())
        process.kill()
        await process.wait()
        process = await start()
        await stage.until(connected)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
