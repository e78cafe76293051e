"""Media from Home Assistant: its media sources, and URLs."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
import logging
from pathlib import Path, PurePosixPath
import time
from typing import Final, override
from urllib.parse import quote

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.media_source import PlayMedia, async_resolve_media, is_media_source_id
from homeassistant.components.media_source.const import URI_SCHEME_REGEX
from homeassistant.core import HomeAssistant, valid_entity_id
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import msgspec

from ..engine.api import (
    HLS_TYPE,
    MAX_PLAYLIST_BYTES,
    PLAYLIST_SUFFIXES,
    PLAYLIST_TYPES,
    SYSTEM,
    Accepts,
    FileReader,
    FileTags,
    Limits,
    Media,
    MediaProvider,
    NotSupported,
    PermissionDenied,
    Picture,
    Principal,
    Seal,
    Sentence,
    Stream,
    StreamAddress,
    StreamFinder,
    Track,
    TrackNotFound,
    encode_url,
    is_http_url,
    require_playable,
    title_from_path,
    track_from_url,
    url_track_id,
)
from .own_addresses import is_open_or_signed, is_own_address, is_signed, run_id, sign_path
from .user_access import REALM

_LOGGER = logging.getLogger(__name__)

STREAM_LIFETIME: Final = timedelta(minutes=30)
"""Validity of a stream's URL beyond the duration of the media."""
CLOCK_MARGIN: Final = timedelta(minutes=5)
"""By how much the clocks of Home Assistant and a node may differ."""
AUDIO_TYPES: Final = frozenset({"application/ogg"})
"""Types of audio that don't begin with `audio/`."""
HLS_TYPES: Final = frozenset(
    {"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"}
)
"""Types of playlists whose streams may be audio or video."""
MAX_PICTURES: Final = 32
"""Cached pictures."""
MAX_KNOWN: Final = 20_000
"""Tracks whose `media_content_id` is remembered."""


class HomeMedia(MediaProvider):
    """Resolves media by `media_content_id`, and tracks that were resolved before by their `track_id`."""

    def __init__(self, hass: HomeAssistant, seal: Seal, reader: FileReader, *, relayed: bool) -> None:
        """Create a provider that knows no tracks yet.

        Args:
            hass: Home Assistant.
            seal: Makes the URLs of pictures, and attests URLs to the nodes of a cluster.
            reader: Reads tags and pictures.
            relayed: True if nodes relay Home Assistant's streams to their players.

        """
        self._hass = hass
        self._finder = StreamFinder(lambda: nullcontext(async_get_clientsession(hass)), self.require_fetchable)
        self._relayed = relayed
        self._allowed_sources: frozenset[str] = frozenset()
        self._seal = seal
        self._reader = reader
        self._known: OrderedDict[str, str] = OrderedDict()
        self._pictures: OrderedDict[str, Picture | None] = OrderedDict()

    def configure(self, limits: Limits) -> None:
        """Apply the option `media_sources`."""
        self._allowed_sources = frozenset(limits.media_sources)

    @override
    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        if is_media_source_id(media_content_id):
            return await self._resolve_source(media_content_id, principal)
        if is_http_url(media_content_id):
            return self._media_at(media_content_id, await self._finder.find(media_content_id))
        if media_content_id.startswith("/") and self._is_available(media_content_id):
            _require_sound(media_content_id)
            return self._media_at(media_content_id, Stream(media_content_id))
        raise NotSupported(
            Sentence(
                "unknown_media",
                "This can't be played: use a media source, an http or https URL, or a track of the library",
            )
        )

    @override
    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        return [await self._resolve_track(track_id, principal) for track_id in track_ids]

    @override
    def remember(self, track: Track) -> None:
        if track.media_content_id is not None:
            self._remember(track.track_id, track.media_content_id)

    @override
    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        source = encode_url(media.source)
        if not source.startswith("/"):
            return StreamAddress(source)
        needs_login = not is_open_or_signed(self._hass, source)
        if not (needs_login or self._relayed):
            return StreamAddress(source)
        lifetime = STREAM_LIFETIME + timedelta(seconds=media.track.duration or 0)
        expires_at = int(time.time() + lifetime.total_seconds())
        if self._relayed and not is_signed(source):
            source = self._seal.sign_relay(source, expires_at, run_id(self._hass))
        if needs_login:
            # Valid a little longer than the seal: a node doesn't relay what Home Assistant would refuse.
            source = sign_path(self._hass, source, lifetime + CLOCK_MARGIN)
        return StreamAddress(source, expires_at)

    async def async_picture(self, track_id: str) -> Picture | None:
        """Return the embedded picture of a track that was resolved before, or None."""
        if track_id in self._pictures:
            self._pictures.move_to_end(track_id)
            return self._pictures[track_id]
        if (media_content_id := self._known.get(track_id)) is None or not is_media_source_id(media_content_id):
            return None
        try:
            play = await async_resolve_media(self._hass, media_content_id, None)
        except Exception as error:  # noqa: BLE001 - media sources raise any exception for incomplete ids
            _LOGGER.debug("Home Assistant can't resolve %s: %r", media_content_id, error)
            return None
        picture = None
        if play.path is not None:
            picture = await self._reader.read_picture(play.path)
        self._pictures[track_id] = picture
        if len(self._pictures) > MAX_PICTURES:
            self._pictures.popitem(last=False)
        return picture

    async def _resolve_track(self, track_id: str, principal: Principal) -> Media:
        if (media_content_id := self._known.get(track_id)) is None:
            raise TrackNotFound(f"There is no track {track_id}")
        return await self.resolve(media_content_id, principal)

    @override
    def require_fetchable(self, url: str) -> None:
        # A player that fetches anything else of Home Assistant without a login is banned for it.
        if is_own_address(self._hass, url) and not self._is_available(url):
            raise NotSupported(
                Sentence("address_needs_login", "This address of Home Assistant needs a login; use a media source")
            )

    def _is_available(self, url: str) -> bool:
        try:
            return is_open_or_signed(self._hass, url)
        except ValueError:
            return False

    async def _require_source(self, media_content_id: str, principal: Principal) -> bool:
        """Check the rights of a principal to a media source; return whether the source is one that the option names.

        Raise PermissionDenied. The hub must not reach media on behalf of a client that the client couldn't reach.
        """
        found = URI_SCHEME_REGEX.match(media_content_id)
        domain, identifier = found.group("domain", "identifier") if found is not None else (None, None)
        is_allowed = domain in self._allowed_sources
        if principal.realm == REALM:
            user = await self._hass.auth.async_get_user(principal.sub)
            entity_id = (identifier or "").partition("?")[0]
            if user is None or not user.is_active:
                raise PermissionDenied("This user doesn't exist any more")
            if valid_entity_id(entity_id) and not user.permissions.check_entity(entity_id, POLICY_READ):
                raise PermissionDenied(
                    Sentence(
                        "no_access_to_entity",
                        "{user} has no access to {entity_id}",
                        user=principal.name,
                        entity_id=entity_id,
                    )
                )
        elif principal.realm != SYSTEM and not is_allowed:
            raise PermissionDenied(
                Sentence(
                    "media_source_not_allowed",
                    "Tokens of the hub can't use the media source {domain}; an option names those they can",
                    domain=domain,
                )
            )
        return is_allowed

    async def _resolve_source(self, media_content_id: str, principal: Principal) -> Media:
        is_allowed = await self._require_source(media_content_id, principal)
        try:
            play: PlayMedia = await async_resolve_media(self._hass, media_content_id, None)
        except Exception as error:  # media sources raise any exception for incomplete ids
            raise TrackNotFound(
                Sentence(
                    "cant_resolve", "Home Assistant can't resolve {media}: {error}", media=media_content_id, error=error
                )
            ) from error
        mime_type = play.mime_type.lower()
        if mime_type in HLS_TYPES and play.path is None:
            # Cameras deliver HLS, too.
            if not is_allowed:
                raise NotSupported(
                    Sentence(
                        "maybe_video",
                        "{media} may be a video; an option names the sources of HLS",
                        media=media_content_id,
                    )
                )
        elif not (mime_type.startswith("audio/") or mime_type in AUDIO_TYPES | HLS_TYPES):
            raise NotSupported(
                Sentence("not_audio", "{media} is {type}, not sound", media=media_content_id, type=play.mime_type)
            )
        require_playable(mime_type, media_content_id)
        file, source, is_live = None, play.url, False
        if play.path is None and is_http_url(source):
            stream = await self._finder.find(source)
            source, is_live = stream.url, stream.live
        elif play.path is not None and (mime_type in PLAYLIST_TYPES or play.path.suffix.lower() in PLAYLIST_SUFFIXES):
            return self._media_at(media_content_id, await self._stream_in(play.path))
        if play.path is not None:
            if not await self._hass.async_add_executor_job(play.path.is_file):
                raise TrackNotFound(Sentence("no_file", "There is no file {media}", media=media_content_id))
            file = await self._reader.read_tags(play.path)
            # The URL of a local file is its unquoted path.
            source = quote(source)
        track = self._track(media_content_id, play.path.name if play.path else media_content_id, file)
        if is_live:
            track = msgspec.structs.replace(track, live=True)
        return Media(track=track, source=source, mime_type=play.mime_type)

    async def _stream_in(self, path: Path) -> Stream:
        try:
            data = await self._hass.async_add_executor_job(_start_of, path)
        except OSError as error:
            raise TrackNotFound(
                Sentence("cant_read_file", "{file} can't be read: {error}", file=path.name, error=error.strerror)
            ) from error
        return await self._finder.find_in(data, path.name)

    def _media_at(self, url: str, stream: Stream) -> Media:
        self._remember(url_track_id(url), url)
        track = track_from_url(url, stream.title, live=stream.live)
        return Media(track=track, source=stream.url, mime_type=HLS_TYPE if stream.segmented else None)

    def _track(self, media_content_id: str, name: str, file: FileTags | None) -> Track:
        track_id = url_track_id(media_content_id)
        self._remember(track_id, media_content_id)
        track = Track(track_id=track_id, title=title_from_path(name), media_content_id=media_content_id)
        if file is None:
            return track
        return msgspec.structs.replace(
            track,
            title=file.title or track.title,
            artist=file.artist,
            album=file.album,
            album_artist=file.album_artist,
            duration=file.duration or None,
            track_number=file.track_number or None,
            disc_number=file.disc_number or None,
            year=file.year or None,
            genre=next(iter(file.genres), None),
            artwork_url=self._seal.sign_artwork(track_id) if file.picture else None,
        )

    def _remember(self, track_id: str, media_content_id: str) -> None:
        self._known[track_id] = media_content_id
        self._known.move_to_end(track_id)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def _require_sound(path: str) -> None:
    """Raise NotSupported if a path on Home Assistant's web server names something else than sound."""
    suffix = PurePosixPath(path.partition("?")[0]).suffix.lower()
    require_playable(suffix, path)
    if suffix in PLAYLIST_SUFFIXES:
        raise NotSupported(
            Sentence("playlist_needs_address", "{media} is a playlist: use its full address", media=path)
        )


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_PLAYLIST_BYTES)
