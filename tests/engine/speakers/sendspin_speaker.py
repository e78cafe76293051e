"""A Sendspin speaker: the client of the library that the reference player is made of."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiosendspin.client import AudioFormat, PairingSupport, SendspinClient
from aiosendspin.models import AudioCodec
from aiosendspin.models.artwork import ArtworkChannel
from aiosendspin.models.core import ServerCommandPayload, ServerStatePayload
from aiosendspin.models.player import ClientHelloPlayerSupport, SupportedAudioFormat
from aiosendspin.models.types import ArtworkSource, MediaCommand, PictureFormat, PlayerCommand, Roles
from aiosendspin.noise.keys import Identity
from aiosendspin.noise.trust_store import ClientPairingConfig, InMemoryClientPairingStore

from custom_components.moosicbox.engine.speakers.speakers import sendspin_player_id

SQUARE = ArtworkChannel(source=ArtworkSource.ALBUM, format=PictureFormat.JPEG, width=64, height=64)
CODECS = {"flac": AudioCodec.FLAC, "pcm": AudioCodec.PCM}


class Received(NamedTuple):
    """A chunk and the server's time at which it is to be heard."""

    at_us: int
    data: bytes
    audio_format: AudioFormat


def supported(*names: str, capacity: int = 1_000_000) -> ClientHelloPlayerSupport:
    """Return what a player supports, from names such as `flac:48000:16:2`."""
    formats = []
    for name in names:
        codec, rate, bits, channels = name.split(":")
        formats.append(
            SupportedAudioFormat(
                codec=CODECS[codec], sample_rate=int(rate), bit_depth=int(bits), channels=int(channels)
            )
        )
    return ClientHelloPlayerSupport(supported_formats=formats, buffer_capacity=capacity)


class SendspinSpeaker:
    """A speaker, and the messages and audio that it received."""

    def __init__(self, client: SendspinClient) -> None:
        self.client = client
        self.player_id = sendspin_player_id(client.identity.peer_id)
        self.received: list[Received] = []
        self.cleared = 0
        self.ended = 0
        self.codes: list[str] = []
        """The pairing codes that it has shown."""
        self.volume, self.muted = 30, False
        self.titles: list[str | None] = []
        self.pictures: list[bytes] = []
        client.add_artwork_listener(lambda _channel, data: self.pictures.append(data))
        client.add_audio_chunk_listener(self._on_chunk)
        client.add_stream_clear_listener(self._on_clear)
        client.add_stream_end_listener(self._on_end)
        client.add_metadata_listener(self._on_metadata)
        client.add_server_command_listener(self._on_command)

    async def connect(self, url: str) -> None:
        """Dial a server."""
        await self.client.connect(url)

    async def report(self, *, available: bool = True) -> None:
        await self.client.send_player_state(available=available, volume=self.volume, muted=self.muted)

    async def press(self, command: MediaCommand, **fields: Any) -> None:
        """Press a button."""
        await self.client.send_group_command(command, **fields)

    def _on_chunk(self, at_us: int, data: bytes, audio_format: AudioFormat, _send_ahead: int) -> None:
        self.received.append(Received(at_us, data, audio_format))

    def _on_clear(self, _roles: list[str] | None) -> None:
        self.cleared += 1

    def _on_end(self, _roles: list[str] | None) -> None:
        self.ended += 1

    def _on_metadata(self, state: ServerStatePayload | None) -> None:
        self.titles.append(getattr(state and state.metadata, "title", None))

    def _on_command(self, command: ServerCommandPayload) -> None:
        player = command.player
        if player is None:
            return
        if player.volume is not None:
            self.volume = player.volume
        if player.mute is not None:
            self.muted = player.mute
        self.client.loop.create_task(self.report())


async def make_speaker(
    session: ClientSession,
    *,
    name: str = "Den",
    support: ClientHelloPlayerSupport | None = None,
    unpaired: bool = True,
    static_code: str | None = None,
    lead_ms: float = 500,
    has_display: bool = False,
) -> SendspinSpeaker:
    """Return a speaker that is switched on."""
    store = InMemoryClientPairingStore()
    await store.store_pairing_config(
        ClientPairingConfig(unpaired_access_enabled=unpaired, static_pairing_code_enabled=static_code is not None)
    )
    if static_code is not None:
        await store.set_static_pairing_code(static_code)
    codes: list[str] = []

    async def show(pairing_code: str | None, *, grouped: str | None) -> None:
        if pairing_code is not None:
            codes.append(pairing_code)

    client = SendspinClient(
        Identity.generate(),
        name,
        [Roles.PLAYER, Roles.CONTROLLER, Roles.METADATA, *([Roles.ARTWORK] if has_display else [])],
        pairing_store=store,
        artwork_channels=[SQUARE] if has_display else None,
        player_support=support or supported("flac:44100:16:2", "flac:48000:16:2", "pcm:44100:16:2"),
        session=session,
        required_lead_time_ms=lead_ms,
        min_buffer_ms=lead_ms,
        initial_volume=30,
        state_supported_commands=[PlayerCommand.VOLUME, PlayerCommand.MUTE],
        pairing_support=PairingSupport() if static_code is not None else PairingSupport(pairing_code_display=show),
    )
    speaker = SendspinSpeaker(client)
    speaker.codes = codes
    return speaker


@asynccontextmanager
async def listening(speaker: SendspinSpeaker) -> AsyncGenerator[str]:
    """Let servers dial a speaker; yield its URL."""

    async def accept(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        await speaker.client.attach_websocket(socket)
        return socket

    app = web.Application()
    app.router.add_get("/sendspin", accept)
    server = TestServer(app)
    async with server:
        yield str(server.make_url("/sendspin")).replace("http", "ws")
        await speaker.client.disconnect()
