"""The driver of a Sendspin speaker, for the player that sends it audio."""

from collections.abc import Iterable
from typing import Final, Literal, cast

from aiosendspin.models import AudioCodec
from aiosendspin.models.player import SupportedAudioFormat
from aiosendspin.server.client import SendspinClient
from aiosendspin.server.roles.metadata import MetadataGroupRole
from aiosendspin.server.roles.metadata.state import Metadata

from ...protocol.types import PlayableTrack
from ..renderer.audio import CHUNK_SAMPLES, MAX_RATE, AudioFormat, AudioHeader, Chunk
from .artwork import Spawn, SpeakerArtwork
from .role import FedPlayerRole

AHEAD_US: Final = 2_000_000
"""How far ahead audio is sent, if the speaker's buffer is large enough."""
MIN_AHEAD_US: Final = 300_000
"""A speaker with a smaller buffer isn't served."""
LATE_US: Final = 60_000
START_US: Final = 150_000
"""Time to start on this side, in addition to what the speaker needs. One that gets its audio later runs dry as it begins."""
MIN_RATE: Final = 8_000
CHUNK_OVERHEAD: Final = 16
MAX_LEAD_US: Final = 2_000_000


class Unsupported(Exception):
    """The speaker offers nothing that it can be served with."""


def format_of(offered: Iterable[SupportedAudioFormat], preferred: SupportedAudioFormat | None = None) -> AudioFormat:
    """Return the first format that can be rendered, with all rates that the speaker offers it in.

    Args:
        offered: The speaker's formats, the best first.
        preferred: The format that is wanted, if it is one of these.

    Raises:
        Unsupported: There is none.
    """
    usable = [found for found in offered if _is_usable(found)]
    if not usable:
        raise Unsupported("The speaker has no format that can be rendered")
    best = preferred if preferred in usable else usable[0]
    rates = {
        found.sample_rate
        for found in usable
        if (found.codec, found.bit_depth, found.channels) == (best.codec, best.bit_depth, best.channels)
    }
    return AudioFormat(
        codec="flac" if best.codec is AudioCodec.FLAC else "pcm",
        rates=tuple(sorted(rates)),
        bits=cast(Literal[16, 24, 32], best.bit_depth),
        channels=best.channels,
    )


def _is_usable(offered: SupportedAudioFormat) -> bool:
    bits = {AudioCodec.FLAC: (16, 24), AudioCodec.PCM: (16, 24, 32)}.get(offered.codec, ())
    return offered.bit_depth in bits and MIN_RATE <= offered.sample_rate <= MAX_RATE and offered.channels in (1, 2)


def ahead_for(capacity: int, audio_format: AudioFormat) -> int:
    """Return how far ahead (microseconds) audio fits a speaker's buffer of `capacity` bytes, even if it is incompressible.

    Raises:
        Unsupported: The buffer is too small.
    """
    rate = max(audio_format.rates)
    sample_bytes = audio_format.channels * audio_format.bits / 8
    chunk_bytes = CHUNK_SAMPLES * sample_bytes + CHUNK_OVERHEAD
    chunks = int(capacity // chunk_bytes)
    ahead_us = int(chunks * CHUNK_SAMPLES * 1_000_000 / rate)
    if ahead_us < MIN_AHEAD_US:
        raise Unsupported("The speaker's buffer is too small")
    return min(AHEAD_US, ahead_us)


class SendspinDriver:
    """Sends to a speaker whose player role is active."""

    def __init__(
        self, client: SendspinClient, role: FedPlayerRole, spawn: Spawn, artwork: SpeakerArtwork | None
    ) -> None:
        """Create a driver. Raise Unsupported.

        Args:
            client: The speaker.
            role: Its player role.
            spawn: Runs a coroutine in the background.
            artwork: The picture that it shows; `None` if it shows none.
        """
        self._client = client
        self._role = role
        self._spawn = spawn
        self._artwork = artwork
        self._header: AudioHeader | None = None
        self.free_us = 0
        self._wanted: tuple[int, bool] | None = None
        """Volume and mute that were set and that the speaker hasn't reported yet."""
        self._replaced = (role.volume, role.muted)
        """Volume and mute that the speaker had before."""
        self._known = (role.volume, role.muted)
        self.late_us = LATE_US
        self.audio_format, self.ahead_us, self.lead_us = self._needs()

    def needs_changed(self) -> bool:
        """Return whether the speaker's requirements have changed since it connected."""
        try:
            return (self.audio_format, self.ahead_us, self.lead_us) != self._needs()
        except Unsupported:
            return True

    def _needs(self) -> tuple[AudioFormat, int, int]:
        support = self._client.info.player_support
        if support is None:
            raise Unsupported("The speaker plays no audio")
        audio_format = format_of(support.supported_formats, self._preferred(support.supported_formats))
        role = self._role
        lead_us = max(role.get_required_lead_time_us(), role.get_min_buffer_us(), LATE_US) + role.get_output_delay_us()
        return audio_format, ahead_for(support.buffer_capacity, audio_format), min(lead_us + START_US, MAX_LEAD_US)

    def _preferred(self, offered: Iterable[SupportedAudioFormat]) -> SupportedAudioFormat | None:
        wanted, codec = self._role.preferred_format, self._role.preferred_codec
        if wanted is None or codec is None:
            return None
        described = (codec, wanted.sample_rate, wanted.bit_depth, wanted.channels)
        return next(
            (each for each in offered if (each.codec, each.sample_rate, each.bit_depth, each.channels) == described),
            None,
        )

    # ---- see `SpeakerDriver`

    def begin(self, header: AudioHeader) -> None:
        """Announce what the following chunks are."""
        if not self._client.group.has_active_stream:
            # This declares the playback to the speaker, which then leaves other servers; its audio comes from here.
            self._client.group.start_stream()
            self._header = None
        if header != self._header:
            self._header = header
            self._role.begin(header)

    def send(self, chunk: Chunk, play_at_us: int, duration_us: int) -> None:
        """Send a chunk to be played at a time."""
        self._role.send_chunk(chunk, play_at_us, duration_us)

    def clear(self) -> None:
        """Drop all audio that has been sent, and be silent now."""
        self._role.on_stream_clear()

    def end(self) -> None:
        """Be silent; nothing follows for a while."""
        self._header = None
        self._role.on_stream_end()
        self._spawn(self._client.group.stop())

    def set_volume(self, volume: float, *, muted: bool) -> None:
        """Set the volume (0 to 1)."""
        wanted = round(volume * 100), muted
        before = self._wanted or (self._role.volume, self._role.muted)
        if wanted[0] != before[0]:
            self._role.set_volume(wanted[0])
        if wanted[1] != before[1]:
            self._role.set_mute(muted)
        if wanted != before:
            self._wanted, self._known, self._replaced = wanted, wanted, (self._role.volume, self._role.muted)

    @property
    def volume(self) -> tuple[float, bool] | None:
        """The speaker's own volume, and whether it is muted; `None` if it doesn't say."""
        return (self._role.volume / 100, self._role.muted) if self._role.get_player_volume() is not None else None

    def take_volume(self) -> tuple[float, bool] | None:
        """Return volume and mute if they were changed on the speaker since the last call."""
        reported = self._role.volume, self._role.muted
        if self._wanted is not None and reported == self._replaced:
            return None  # The report is older than what was set.
        # A speaker may take a value near the one that was set.
        self._wanted = None
        if reported == self._known:
            return None
        self._known = reported
        return reported[0] / 100, reported[1]

    def show(self, track: PlayableTrack | None, position: float, at_us: int, *, speed: float) -> None:
        """Show what plays, on speakers with a display."""
        if self._artwork is not None:
            self._artwork.show(None if track is None else track.track_id, at_us)
        if not isinstance(shown := self._client.group.group_role("metadata"), MetadataGroupRole):
            return
        shown.set_metadata(None if track is None else metadata_of(track, position, at_us, speed=speed))


def metadata_of(track: PlayableTrack, position: float, at_us: int, *, speed: float) -> Metadata:
    """Return what a speaker shows of a track that is at `position` (seconds) at `at_us`, and plays at `speed` (0: is paused)."""
    return Metadata(
        title=track.title,
        artist=track.artist,
        album_artist=track.album_artist,
        album=track.album,
        year=track.year,
        track=track.track_number,
        track_progress=round(max(0.0, position) * 1000),
        track_duration=round((track.duration or 0) * 1000),
        playback_speed=round(speed * 1000),
        timestamp_us=at_us,
    )
