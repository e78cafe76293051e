"""The stations that are on air here, and the HTTP responses with their sound."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
import logging
import re
import time
from typing import Final, override

from aiohttp import hdrs, web

from ...clock import Clock
from ...fetching import SessionFactory
from ...playback.addresses import is_http_url
from ...playback.media import Accepts, Media, StationSharing, StreamAddress
from ...protocol.errors import TrackNotFound, Unavailable
from ...signals import Signal
from ..seal import Seal, stream_source
from ..streaming.formats import plays
from ..streaming.streams import HEADERS, START
from .shared_station import Lost, SharedStation
from .window import BEHIND_SECONDS, CHANNELS, FRAME_BYTES, RATE

_LOGGER = logging.getLogger(__name__)

FORMAT: Final = "wav"
MIME_TYPE: Final = "audio/wav"
ADDRESS_SECONDS: Final = 86_400
"""How long an address is valid: a player fetches it again if its connection breaks."""
MAX_STATIONS: Final = 8
"""Stations that are fetched at once."""
MAX_LISTENERS: Final = 200
MAX_KNOWN: Final = 1_000
"""Stations whose addresses are remembered."""
LINGER_SECONDS: Final = 10.0
"""How long a station is fetched on after its last listener has left."""
STALL_SECONDS: Final = float(BEHIND_SECONDS)
"""After which a player that takes nothing loses its connection."""
MAX_EARLY_US: Final = 30_000_000
"""Sound that is to be heard later than this can't be requested yet."""
_ORIGIN: Final = re.compile(r"-?\d{1,17}", re.ASCII)
_RANGE: Final = re.compile(r"bytes=(\d{1,15})-", re.ASCII)
_UNKNOWN: Final = 0xFFFF_FFFF
_HEADERS: Final = {
    **HEADERS,
    hdrs.CACHE_CONTROL: "no-store",
    hdrs.CONTENT_TYPE: MIME_TYPE,
    hdrs.ACCEPT_RANGES: "none",
}


class SharedStations(StationSharing):
    """Fetches each station once, as long as it has listeners.

    Attributes:
        title_changed: Emitted with the address of a station whose title has changed.
    """

    def __init__(
        self,
        ffmpeg: str,
        session: SessionFactory,
        clock: Clock,
        seal: Seal,
        require_allowed: Callable[[str], None],
        *,
        linger_seconds: float = LINGER_SECONDS,
    ) -> None:
        """Create it; nothing is fetched yet.

        Args:
            ffmpeg: The program that decodes.
            session: Returns the session for requests.
            clock: The hub's clock.
            seal: Signs addresses.
            require_allowed: Raises HubError for an address that must not be requested.
            linger_seconds: How long a station is fetched on without listeners.
        """
        self.title_changed: Signal[str] = Signal()
        self._ffmpeg = ffmpeg
        self._session = session
        self._clock = clock
        self._seal = seal
        self._require_allowed = require_allowed
        self._linger_seconds = linger_seconds
        self._sources: OrderedDict[str, str] = OrderedDict()
        """The addresses of stations by the ids of their tracks."""
        self._on_air: dict[str, SharedStation] = {}
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """Return the number of stations that are fetched."""
        return len(self._on_air)

    # ------------------------------------------------------------ for the hub

    @override
    def stream_address(self, media: Media, accepts: Accepts, live_since_us: int) -> StreamAddress | None:
        track = media.track
        if not is_http_url(media.source) or not plays(accepts, MIME_TYPE, "pcm"):
            return None
        self._sources[track.track_id] = media.source
        self._sources.move_to_end(track.track_id)
        if len(self._sources) > MAX_KNOWN:
            self._sources.popitem(last=False)
        until = int(time.time() + ADDRESS_SECONDS)
        address = self._seal.sign_stream(stream_source(track.track_id, FORMAT), until)
        return StreamAddress(f"{address}&origin={live_since_us}", until)

    @override
    def title(self, source: str) -> str | None:
        return None if (shared := self._on_air.get(source)) is None else shared.title

    async def close(self) -> None:
        """End all connections to stations."""
        for timer in self._ends.values():
            timer.cancel()
        self._ends.clear()
        on_air, self._on_air = list(self._on_air.values()), {}
        await asyncio.gather(*(shared.close() for shared in on_air), *self._closing)

    # ------------------------------------------------------------ for players

    async def respond(self, request: web.Request, track_id: str) -> web.StreamResponse:
        """Return the sound of a station as WAV, without an end.

        The query parameter `origin` is the hub time (µs) of position 0, and `start` the position in seconds at which
        the sound begins; without it, at the present one.

        Raises:
            TrackNotFound: The address is from before a restart of the hub.
            Unavailable: Too many stations are fetched, or too many players listen.
            HTTPBadRequest: The query isn't valid, or so far in the future.
        """
        origin, start = request.query.get("origin", ""), request.query.get("start")
        if _ORIGIN.fullmatch(origin) is None or (start is not None and START.fullmatch(start) is None):
            raise web.HTTPBadRequest
        if (source := self._sources.get(track_id)) is None:
            raise TrackNotFound("This address is from before a restart of the hub")
        now_us = self._clock.now_us()
        position = max(0.0, (now_us - int(origin)) / 1_000_000) if start is None else float(start)
        if int(origin) + position * 1_000_000 > now_us + MAX_EARLY_US:
            raise web.HTTPBadRequest
        if request.method == hdrs.METH_HEAD:
            return web.Response(headers=_HEADERS)
        # Without a start, the present position is another one than that of the first request.
        skipped = 0 if start is None else _skipped(request)
        async with self._listen(source) as shared:
            # A player that got silence would take it for the station: alarms and queues then wait for ever.
            if not await shared.has_sound():
                raise Unavailable("The station can't be fetched, or sends no sound that can be decoded")
            sample = shared.sample_at(int(origin)) + round(position * RATE)
            if skipped:
                # The player continues after its connection was lost.
                range_header = f"bytes {skipped}-{_UNKNOWN - 1}/{_UNKNOWN}"
                response = web.StreamResponse(status=206, headers={**_HEADERS, hdrs.CONTENT_RANGE: range_header})
                first, cut = divmod(skipped - len(_WAV_HEADER), FRAME_BYTES)
                sounds = shared.sound(sample + first)
                begins = b"" if not cut else (await anext(sounds))[cut:]
            else:
                response = web.StreamResponse(headers=_HEADERS)
                sounds, begins = shared.sound(sample), _WAV_HEADER
            await response.prepare(request)
            try:
                await _send(response, begins, sounds)
            except (Lost, TimeoutError) as error:
                reason = str(error) or "it reads nothing"
                _LOGGER.info("%s gets no more of a station at %s: %s", request.remote, shared.server, reason)
                # Aborted, so that the player doesn't take this for the end of the station.
                if request.transport is not None:
                    request.transport.abort()
            except ConnectionError:
                pass
            return response

    @asynccontextmanager
    async def _listen(self, source: str) -> AsyncGenerator[SharedStation]:
        if sum(shared.listeners for shared in self._on_air.values()) >= MAX_LISTENERS:
            raise Unavailable("Too many players listen to stations")
        shared = self._open(source)
        shared.listeners += 1
        if (timer := self._ends.pop(source, None)) is not None:
            timer.cancel()
        try:
            yield shared
        finally:
            shared.listeners -= 1
            if not shared.listeners and self._on_air.get(source) is shared:
                loop = asyncio.get_running_loop()
                self._ends[source] = loop.call_later(self._linger_seconds, self._end, source)

    def _open(self, source: str) -> SharedStation:
        if (shared := self._on_air.get(source)) is not None and shared.ended:
            # It was given up. Its server may be there again.
            self._end(source)
            shared = None
        if shared is None:
            if len(self._on_air) >= MAX_STATIONS and self._ends:
                # A station without listeners makes room.
                self._end(next(iter(self._ends)))
            if len(self._on_air) >= MAX_STATIONS:
                raise Unavailable("Too many stations are fetched")
            shared = self._on_air[source] = SharedStation(
                source,
                self._ffmpeg,
                self._session,
                self._clock,
                self._require_allowed,
                lambda changed: self.title_changed.emit(changed.url),
            )
        return shared

    def _end(self, source: str) -> None:
        if (timer := self._ends.pop(source, None)) is not None:
            timer.cancel()
        task = asyncio.create_task(self._on_air.pop(source).close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _send(response: web.StreamResponse, begins: bytes, sounds: AsyncIterator[bytes]) -> None:
    if begins:
        await response.write(begins)
    async for sound in sounds:
        async with asyncio.timeout(STALL_SECONDS):
            await response.write(sound)


def _skipped(request: web.Request) -> int:
    """Return the bytes that a request leaves out, the header and more; 0 if it is for all."""
    found = _RANGE.fullmatch(request.headers.get(hdrs.RANGE, ""))
    skipped = 0 if found is None else int(found[1])
    return skipped if skipped >= len(_WAV_HEADER) else 0


def _wav_header() -> bytes:
    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little")

    form = b"".join(
        [number(1, 2), number(CHANNELS, 2), number(RATE, 4), number(RATE * FRAME_BYTES, 4), number(FRAME_BYTES, 2)]
    )
    fmt = b"fmt " + number(16, 4) + form + number(8 * FRAME_BYTES // CHANNELS, 2)
    # Both lengths are unknown.
    return b"RIFF" + number(_UNKNOWN, 4) + b"WAVE" + fmt + b"data" + number(_UNKNOWN, 4)


_WAV_HEADER: Final = _wav_header()
