"""A hub without Home Assistant that plays one file on Sendspin speakers."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final, override

from aiohttp import ClientSession, web
from PIL import Image, ImageDraw

from custom_components.moosicbox.engine.access.authentication import Authentication, Peer
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.playback.media import Accepts, Media, StreamAddress
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed
from custom_components.moosicbox.engine.protocol.types import Track
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer
from custom_components.moosicbox.engine.speakers.sendspin.service import SendspinService
from custom_components.moosicbox.engine.speakers.sendspin.store import PairingStore
from custom_components.moosicbox.engine.speakers.speakers import Speakers
from custom_components.moosicbox.engine.store import NoStore
from custom_components.moosicbox.engine.transport.gateway import HubGateway

from .process import free_port

HOST: Final = "127.0.0.1"


class OneTrack:
    """A provider of one track, under any id."""

    def __init__(self, track: Track, source: str) -> None:
        self._track = track
        self._source = source

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        """Return the track."""
        return Media(track=self._track, source=self._source)

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        """Return the track as often as it is asked for."""
        return [await self.resolve(track_id, principal) for track_id in track_ids]

    def require_fetchable(self, url: str) -> None:
        """Do nothing: every URL may be fetched."""

    def remember(self, track: Track) -> None:
        """Ignore the call: the track is known."""

    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        """Return where the file is."""
        return StreamAddress(media.source)


class NoUsers(Authentication):
    """An authentication that refuses all tokens: speakers have none."""

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        raise AuthenticationFailed("There are no users")

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        return principal


@dataclass(frozen=True)
class SpeakerHub:
    """The hub, its speakers and its Sendspin server."""

    hub: Hub
    speakers: Speakers
    service: SendspinService


@asynccontextmanager
async def speaker_hub(name: str, track: Track, file: Path, port: int) -> AsyncGenerator[SpeakerHub]:
    """Run a hub that plays `file` as `track`, and a strict Sendspin server at a port, or a free one after it."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        app = web.Application()
        app.router.add_static("/files", file.parent)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        files = free_port()
        await web.TCPSite(runner, HOST, files).start()
        renderer = Renderer("ffmpeg", lambda address: f"http://{HOST}:{files}{address}", session)
        stack.push_async_callback(renderer.close)
        media = OneTrack(track, f"/files/{file.name}")
        hub = build_hub(version="conformance", media=media, authentication=NoUsers(), store=NoStore())
        await hub.start()
        stack.push_async_callback(hub.stop, CloseCode.GOING_AWAY, "The scenario is over")
        speakers = Speakers(HubGateway(hub), renderer)
        stack.push_async_callback(speakers.close)
        store = PairingStore(None, lambda _state: None)
        service = SendspinService(speakers, store, name, session, _picture, strict=True)
        await service.start(HOST, port)
        stack.push_async_callback(service.stop)
        yield SpeakerHub(hub, speakers, service)


async def _picture(_track_id: str) -> bytes | None:
    image = Image.new("RGB", (320, 320), "#22577a")
    ImageDraw.Draw(image).ellipse((40, 40, 280, 280), fill="#c7f9cc")
    encoded = BytesIO()
    image.save(encoded, "JPEG")
    return encoded.getvalue()
