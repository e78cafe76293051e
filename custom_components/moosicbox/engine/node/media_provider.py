"""The media that a node can resolve besides its library: http(s) addresses, and tracks that queues of other nodes have.

Home Assistant's media sources can be resolved by Home Assistant alone.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, override

from ..access.rights import Principal
from ..fetching import encode_url
from ..library.media_provider import signed_address
from ..library.models import TRACK_MEDIA
from ..library.seal import Seal, stream_source
from ..playback.addresses import is_http_url, is_open_path, is_url_of, parse_url, track_from_url
from ..playback.media import HLS_TYPE, Accepts, Media, MediaProvider, StreamAddress
from ..protocol.errors import NotSupported, TrackNotFound, Unavailable
from ..protocol.types import Track
from ..radio.stream_finder import StreamFinder

MAX_KNOWN: Final = 20_000
RETRY_SECONDS: Final = 5.0


class NodeMedia(MediaProvider):
    """Resolves media by address, and remembered tracks by their id."""

    def __init__(self, seal: Seal, home_urls: Callable[[], Iterable[str]] = tuple) -> None:
        """Create a provider.

        Args:
            seal: Signs addresses that every node accepts.
            home_urls: Returns Home Assistant's own addresses, as far as they are known.

        """
        self._seal = seal
        self._home_urls = home_urls
        self._finder = StreamFinder(require_allowed=self.require_fetchable)
        self._known: OrderedDict[str, Track] = OrderedDict()

    @override
    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        if is_http_url(media_content_id):
            stream = await self._finder.find(media_content_id)
            track = track_from_url(media_content_id, stream.title, live=stream.live)
            self.remember(track)
            return Media(track=track, source=stream.url, mime_type=HLS_TYPE if stream.segmented else None)
        known = self._known.get(media_content_id.removeprefix(TRACK_MEDIA))
        if known is not None and known.media_content_id == media_content_id:
            return Media(track=known, source=stream_source(known.track_id), in_library=True)
        if media_content_id.startswith(("media-source://", "/")):
            raise Unavailable(
                "Home Assistant is offline, and only it can resolve this media item", retry_after=RETRY_SECONDS
            )
        raise NotSupported("This media item can't be played; use an http(s) address or a track")

    @override
    def require_fetchable(self, url: str) -> None:
        parsed = parse_url(url)
        if parsed is not None and is_url_of(parsed, self._home_urls()) and not is_open_path(parsed.path):
            # Home Assistant bans players that fetch such an address without a login.
            raise NotSupported("This address of Home Assistant needs a login")

    @override
    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        found = []
        for track_id in track_ids:
            if (track := self._known.get(track_id)) is None or track.media_content_id is None:
                raise TrackNotFound(f"There is no track {track_id}")
            found.append(await self.resolve(track.media_content_id, principal))
        return found

    @override
    def remember(self, track: Track) -> None:
        self._known[track.track_id] = track
        self._known.move_to_end(track.track_id)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    @override
    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        return signed_address(self._seal, media) if media.in_library else StreamAddress(encode_url(media.source))
