"""The interface of a speaker for the player that sends it audio."""

from typing import Protocol

from ..protocol.types import PlayableTrack
from .renderer.audio import AudioFormat, AudioHeader, Chunk


class SpeakerDriver(Protocol):
    """A connected speaker. Times are hub times in microseconds; the speaker's clock follows the hub's.

    Attributes:
        audio_format: Formats that the speaker accepts.
        lead_us: How long a speaker that is silent takes from its first audio to sound.
        late_us: How long before its time audio must be sent to be played.
        ahead_us: How long before its time audio is sent at the earliest; the speaker's buffer limits it.
        volume: The speaker's own volume (0 to 1), and whether it is muted; `None` if it doesn't say.
        free_us: Audio can't be heard before this time, because the speaker still holds other audio.
    """

    audio_format: AudioFormat
    lead_us: int
    late_us: int
    ahead_us: int
    free_us: int

    @property
    def volume(self) -> tuple[float, bool] | None: ...

    def begin(self, header: AudioHeader) -> None:
        """Announce the format of the following chunks."""

    def send(self, chunk: Chunk, play_at_us: int, duration_us: int) -> None:
        """Send a chunk to be played at a time."""

    def clear(self) -> None:
        """Drop all audio that has been sent, and be silent now."""

    def end(self) -> None:
        """Be silent; nothing follows for a while."""

    def set_volume(self, volume: float, *, muted: bool) -> None:
        """Set the volume (0 to 1)."""

    def show(self, track: PlayableTrack | None, position: float, at_us: int, *, speed: float) -> None:
        """Show what plays: at `at_us` the track is at `position` (seconds), and goes on at `speed`, which may be 0.

        Does nothing without a display.
        """
