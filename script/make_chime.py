"""Makes the sound that is played before announcements: `python -m script.make_chime`."""

from array import array
import math
import subprocess
from typing import Final

from .lib.config_folder import INTEGRATION

TARGET: Final = INTEGRATION / "frontend" / "player" / "chime.flac"
RATE: Final = 24_000
SECONDS: Final = 1.3
LOUDNESS: Final = 0.35
NOTES: Final = ((0.0, 783.99), (0.35, 523.25))
"""When each note begins, in seconds, and its frequency in hertz: a falling fifth."""
PARTIALS: Final = ((1.0, 1.0, 3.0), (2.0, 0.35, 5.0), (3.0, 0.12, 8.0))
"""A note's partials: the multiple of its frequency, their share, and how fast they fade."""
ATTACK_SECONDS: Final = 0.008
RELEASE_SECONDS: Final = 0.15


def sample(seconds: float) -> float:
    """Return the sound at a time, -1 to 1."""
    value = 0.0
    for begins, frequency in NOTES:
        if (since := seconds - begins) < 0:
            continue
        attack = min(1.0, since / ATTACK_SECONDS)
        for multiple, share, decay in PARTIALS:
            value += share * attack * math.exp(-decay * since) * math.sin(math.tau * frequency * multiple * since)
    return LOUDNESS * value * min(1.0, (SECONDS - seconds) / RELEASE_SECONDS)


def main() -> None:
    """Write the sound as FLAC."""
    samples = array("h", (round(32_767 * sample(index / RATE)) for index in range(round(SECONDS * RATE))))
    raw = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    exact = ["-fflags", "+bitexact", "-flags", "+bitexact", "-map_metadata", "-1"]
    command = ["ffmpeg", "-v", "error", "-y", *raw, *exact, "-compression_level", "12", str(TARGET)]
    subprocess.run(command, input=samples.tobytes(), check=True)


if __name__ == "__main__":
    main()
