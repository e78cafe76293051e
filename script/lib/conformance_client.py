"""A client for the scenarios of Sendspin's conformance suite: the library's own, which encrypts.

It takes the arguments of the suite's clients, and writes the summaries that they write.
"""

import argparse
import asyncio
import base64
from collections.abc import Awaitable
import hashlib
from io import BytesIO
from pathlib import Path
import sys
from typing import Any, Final

from aiohttp import ClientSession, web
from aiosendspin.client import AudioFormat, SendspinClient
from aiosendspin.models import AudioCodec
from aiosendspin.models.artwork import ArtworkChannel
from aiosendspin.models.core import ServerStatePayload, StreamStartMessage
from aiosendspin.models.metadata import SessionUpdateMetadata
from aiosendspin.models.player import ClientHelloPlayerSupport, SupportedAudioFormat
from aiosendspin.models.types import ArtworkSource, MediaCommand, PictureFormat, PlayerCommand, Roles
from aiosendspin.noise.keys import Identity
from aiosendspin.noise.trust_store import ClientPairingConfig, InMemoryClientPairingStore
import av
import numpy as np

from .conformance_files import register, registered, write

HOST: Final = "127.0.0.1"
CODECS: Final = {"pcm": AudioCodec.PCM, "opus": AudioCodec.OPUS}
FORMATS: Final = ((8_000, 1), (44_100, 2), (48_000, 2))
"""Rates and channels, the best first, as the suite's clients offer them."""
BUFFER_BYTES: Final = 2_000_000
POLL: Final = 0.05
NAMES: Final = ("title", "artist", "album_artist", "album", "artwork_url", "year", "track", "repeat", "shuffle")


def parser() -> argparse.ArgumentParser:
    """Return the arguments, as the suite gives them to every client."""
    found = argparse.ArgumentParser(description=__doc__)
    for name in ("client-name", "client-id", "summary", "ready", "registry", "server-name", "scenario-id"):
        found.add_argument(f"--{name}", required=True)
    found.add_argument("--initiator-role", choices=("server", "client"), default="server")
    found.add_argument("--preferred-codec", default="flac")
    found.add_argument("--timeout-seconds", type=float, default=30.0)
    found.add_argument("--port", type=int, default=8928)
    found.add_argument("--path", default="/sendspin")
    found.add_argument("--controller-command", default="next")
    return found


class Recorder:
    """Notes what a client receives, as the summary shows it."""

    def __init__(self, client: SendspinClient, command: str | None) -> None:
        self._client = client
        self._command = command
        self._encoded = bytearray()
        self._chunks = 0
        self._stream: dict[str, Any] | None = None
        self._metadata: dict[str, Any] | None = None
        self._updates = 0
        self._sent: dict[str, str] | None = None
        self._pictures: list[tuple[int, bytes]] = []
        client.add_stream_start_listener(self._on_stream)
        client.add_audio_chunk_listener(self._on_chunk)
        client.add_metadata_listener(self._on_metadata)
        client.add_artwork_listener(lambda channel, data: self._pictures.append((channel, data)))
        client.add_controller_state_listener(self._on_controller)

    def summary(self) -> dict[str, Any]:
        """Return what was received."""
        pictures = [picture for picture in self._pictures if picture[1]]
        samples = self._samples()
        return {
            "stream": self._stream,
            "audio": {
                "audio_chunk_count": self._chunks,
                "received_encoded_sha256": _sha256(bytes(self._encoded)),
                "received_pcm_sha256": _sha256((samples / 32_768).astype("<f4").tobytes()),
                "received_sample_count": len(samples),
            },
            "metadata": {"update_count": self._updates, "received": self._metadata},
            "controller": {"sent_command": self._sent},
            "artwork": {
                "received_count": len(pictures),
                "channel": pictures[0][0] if pictures else None,
                "received_sha256": _sha256(b"".join(data for _, data in pictures)),
            },
        }

    def _samples(self) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        stream = self._stream or {}
        if stream.get("codec") == "flac":
            content = BytesIO(base64.b64decode(stream["codec_header"]) + self._encoded)
            with av.open(content, "r", format="flac") as container:
                frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
            return np.concatenate(frames) if frames else np.empty(0, np.int16)
        return np.frombuffer(bytes(self._encoded), "<i2") if stream.get("codec") == "pcm" else np.empty(0, np.int16)

    def _on_stream(self, message: StreamStartMessage) -> None:
        if message.payload.player is not None:
            self._stream = message.payload.player.to_dict()

    def _on_chunk(self, _at_us: int, data: bytes, _audio_format: AudioFormat, _send_ahead: int) -> None:
        self._chunks += 1
        self._encoded += data

    def _on_metadata(self, state: ServerStatePayload | None) -> None:
        if state is None or not isinstance(state.metadata, SessionUpdateMetadata):
            return
        self._updates += 1
        update = state.metadata.to_dict()
        known = self._metadata or dict.fromkeys((*NAMES, "progress"))
        self._metadata = known | {name: update[name] for name in known if name in update}

    def _on_controller(self, state: ServerStatePayload | None) -> None:
        controller = None if state is None else state.controller
        if self._command is None or self._sent is not None or controller is None:
            return
        command = MediaCommand(self._command)
        if command in (getattr(controller, "supported_commands", None) or ()) and self._chunks:
            self._sent = {"command": self._command}
            self._client.loop.create_task(self._client.send_group_command(command))


async def main(arguments: list[str]) -> int:
    """Take part in a scenario. Return the exit code."""
    # The suite may pass arguments that make no difference to this client.
    options, _ = parser().parse_known_args(arguments)
    known = {"implementation": "aiosendspin", "role": "client", "scenario_id": options.scenario_id}
    try:
        async with asyncio.timeout(options.timeout_seconds), ClientSession() as session:
            summary = {"status": "ok", **await _run(options, session)}
    except (TimeoutError, OSError) as error:
        summary = {"status": "error", "reason": str(error) or type(error).__name__}
    write(options.summary, known | summary)
    print(Path(options.summary).read_text(), end="")
    return 0 if summary["status"] == "ok" else 1


async def _run(options: argparse.Namespace, session: ClientSession) -> dict[str, Any]:
    client = await _client(options, session)
    ended = asyncio.Event()
    client.add_disconnect_listener(ended.set)
    recorder = Recorder(client, options.controller_command if "controller" in options.scenario_id else None)
    if options.initiator_role == "client":
        write(options.ready, {"status": "ready"})
        await client.connect(await _server_url(options))
        await ended.wait()
    else:
        await _listen(client, options, ended.wait())
    return recorder.summary()


async def _client(options: argparse.Namespace, session: ClientSession) -> SendspinClient:
    store = InMemoryClientPairingStore()
    await store.store_pairing_config(ClientPairingConfig(unpaired_access_enabled=True))
    # A speaker with a display and buttons.
    codec = CODECS.get(options.preferred_codec, AudioCodec.FLAC)
    formats = [
        SupportedAudioFormat(codec=codec, sample_rate=rate, bit_depth=16, channels=channels)
        for rate, channels in FORMATS
    ]
    has_picture = "artwork" in options.scenario_id
    picture = ArtworkChannel(source=ArtworkSource.ALBUM, format=PictureFormat.JPEG, width=256, height=256)
    return SendspinClient(
        Identity.generate(),
        options.client_name,
        [Roles.PLAYER, Roles.CONTROLLER, Roles.METADATA, *([Roles.ARTWORK] if has_picture else [])],
        pairing_store=store,
        artwork_channels=[picture] if has_picture else None,
        player_support=ClientHelloPlayerSupport(supported_formats=formats, buffer_capacity=BUFFER_BYTES),
        session=session,
        required_lead_time_ms=100,
        min_buffer_ms=100,
        initial_volume=30,
        state_supported_commands=[PlayerCommand.VOLUME, PlayerCommand.MUTE],
    )


async def _listen(client: SendspinClient, options: argparse.Namespace, ended: Awaitable[object]) -> None:
    async def accept(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        await client.attach_websocket(socket)
        return socket

    app = web.Application()
    app.router.add_get(options.path, accept)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, options.port).start()
        url = f"ws://{HOST}:{options.port}{options.path}"
        register(options.registry, options.client_name, url)
        write(options.ready, {"status": "ready", "url": url})
        await ended
    finally:
        await runner.cleanup()


async def _server_url(options: argparse.Namespace) -> str:
    while (url := registered(options.registry, options.server_name)) is None:  # noqa: ASYNC110 - another program writes it
        await asyncio.sleep(POLL)
    return url


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
