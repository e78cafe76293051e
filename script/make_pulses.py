"""Makes the sounds of delay measurements as `measurement/pulses.js` defines them: `python -m script.make_pulses`."""

import subprocess
from typing import Final

from .lib.config_folder import INTEGRATION

FOLDER: Final = INTEGRATION / "frontend" / "measurement"
RATE: Final = 44_100
NAMES: Final = ("reference", "output")
PROGRAM: Final = """
const { sound } = await import(process.argv[1]);
process.stdout.write(Buffer.from(Float32Array.from(sound(process.argv[2], Number(process.argv[3]))).buffer));
"""


def main() -> None:
    """Write both sounds as FLAC."""
    for name in NAMES:
        module = (FOLDER / "pulses.js").as_uri()
        node = ["node", "--input-type=module", "--eval", PROGRAM, module, name, str(RATE)]
        samples = subprocess.run(node, capture_output=True, check=True).stdout
        raw = ["-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
        exact = ["-fflags", "+bitexact", "-flags", "+bitexact", "-map_metadata", "-1"]
        flac = ["-sample_fmt", "s16", "-compression_level", "12", str(FOLDER / f"{name}.flac")]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *raw, *exact, *flac], input=samples, check=True)


if __name__ == "__main__":
    main()
