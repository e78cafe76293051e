"""Audiobooks: one tone with chapters, made by ffmpeg."""

from pathlib import Path
import subprocess
from typing import Final

CHAPTERS: Final = ("Cliff", "Größe", "Harbour")


def put_book(path: Path, seconds: int = 1, *options: str, **tags: str) -> Path:
    """Write a file of some seconds whose chapters begin after 0, 3 and 6 tenths of it."""
    described = path.with_suffix(".txt")
    described.write_text(
        ";FFMETADATA1\n"
        + "".join(f"{name}={value}\n" for name, value in tags.items())
        + "".join(
            f"[CHAPTER]\nTIMEBASE=1/10\nSTART={3 * number * seconds}\nEND={3 * (number + 1) * seconds}\ntitle={title}\n"
            for number, title in enumerate(CHAPTERS)
        )
    )
    sound = ("-f", "lavfi", "-i", f"sine=duration={seconds}:sample_rate=16000", "-i", described)
    quietly = ("-nostdin", "-loglevel", "error", "-y", "-map_metadata", "1", "-c:a", "aac", "-b:a", "24k")
    subprocess.run(["ffmpeg", *sound, *quietly, *options, path], check=True)
    described.unlink()
    return path
