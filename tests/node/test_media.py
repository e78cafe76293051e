"""The media that a node without a library resolves."""

import pytest

from custom_components.moosicbox.engine.library.seal import Seal
from custom_components.moosicbox.engine.node.media_provider import NodeMedia
from custom_components.moosicbox.engine.protocol.errors import NotSupported, TrackNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.types import Track
from tests.engine.fakes import principal

ADA = principal("ada")
RADIO = "https://radio.example/live/Evening%20jazz.mp3"
TRACK = Track(
    track_id="t-1", title="Brass Morning", duration=20.0, media_content_id="media-source://moosicbox/track/t-1"
)


@pytest.fixture
def media() -> NodeMedia:
    return NodeMedia(Seal(b"key"), lambda: ["http://home.local:8123"])


async def test_http_addresses_are_resolved(media: NodeMedia) -> None:
    found = await media.resolve(RADIO, ADA)
    assert (found.track.title, media.stream_address(found).url) == ("Evening jazz", RADIO)
    assert await media.resolve_tracks([found.track.track_id], ADA) == [found]
    assert not found.in_library


async def test_remembered_tracks_are_resolved(media: NodeMedia) -> None:
    with pytest.raises(Unavailable):
        await media.resolve(str(TRACK.media_content_id), ADA)
    media.remember(TRACK)
    found = await media.resolve(str(TRACK.media_content_id), ADA)
    assert (found.track, found.in_library) == (TRACK, True)
    assert await media.resolve_tracks(["t-1"], ADA) == [found]
    address = media.stream_address(found)
    until, _, signature = address.url.partition("?until=")[2].partition("&sig=")
    assert address.expires_at is not None
    assert Seal(b"key").verify_stream("t-1", None, until, signature, address.expires_at)


@pytest.mark.parametrize("media_content_id", ["media-source://media_source/local/song.flac", "/local/bell.mp3"])
async def test_media_sources_are_unavailable_without_home_assistant(media: NodeMedia, media_content_id: str) -> None:
    media.remember(Track(track_id="m-1", title="Song", media_content_id=media_content_id))
    with pytest.raises(Unavailable) as raised:
        await media.resolve(media_content_id, ADA)
    assert raised.value.retryable


@pytest.mark.parametrize("media_content_id", ["", "song.flac", "file:///etc/passwd", "https://"])
async def test_invalid_media_is_refused(media: NodeMedia, media_content_id: str) -> None:
    with pytest.raises(NotSupported):
        await media.resolve(media_content_id, ADA)
    with pytest.raises(TrackNotFound):
        await media.resolve_tracks(["t-2"], ADA)
