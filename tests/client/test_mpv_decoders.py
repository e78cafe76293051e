"""mpv decodes only the music of a file."""

import asyncio
from pathlib import Path
import shutil
import subprocess

import pytest

from custom_components.moosicbox.engine.client.player.mpv import OPTIONS

pytestmark = [pytest.mark.process, pytest.mark.skipif(shutil.which("mpv") is None, reason="needs mpv")]


def made(path: Path, *arguments: str) -> Path:
    """Write a file with a second of sound, and with a video if the arguments have a video codec."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1"]
    command += ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64"] if "-c:v" in arguments else []
    subprocess.run([*command, *arguments, path], check=True)  # noqa: S603 - constant arguments
    return path


async def played(path: Path, log: Path) -> str:
    """Play a file with mpv, and return its log."""
    options = [option for option in OPTIONS if not option.startswith("--idle")]
    process = await asyncio.create_subprocess_exec(
        "mpv", *options, "--ao=null", "--untimed", f"--log-file={log}", path, stdin=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    return log.read_text()


async def test_a_video_beside_the_music_is_not_decoded(tmp_path: Path) -> None:
    log = await played(made(tmp_path / "x.avi", "-c:v", "magicyuv", "-c:a", "libmp3lame"), tmp_path / "log")
    assert "Codec (magicyuv) not on whitelist" in log
    assert "Opening decoder mp3float" in log


@pytest.mark.parametrize(
    ("name", "codec"),
    [("x.mp3", "libmp3lame"), ("x.flac", "flac"), ("x.ogg", "libvorbis"), ("x.opus", "libopus"), ("x.m4a", "aac")],
)
async def test_music_is_decoded(tmp_path: Path, name: str, codec: str) -> None:
    log = await played(made(tmp_path / name, "-c:a", codec), tmp_path / "log")
    assert "Opening decoder" in log
    assert "not on whitelist" not in log
