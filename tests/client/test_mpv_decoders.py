"""mpv with a hostile file: whatever is beside the music isn't decoded."""

import asyncio
from pathlib import Path
import shutil
import subprocess

import pytest

from custom_components.moosicbox.engine.client.player.mpv import OPTIONS

pytestmark = pytest.mark.skipif(shutil.which("mpv") is None, reason="needs mpv")


def made(path: Path, *arguments: str) -> Path:
    """A second of sound, beside a video where the arguments name one."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1"]
    command += ["-f", "lavfi", "-i", "testsrc=duration=1:size=64x64"] if "-c:v" in arguments else []
    subprocess.run([*command, *arguments, path], check=True)  # noqa: S603 - our own words
    return path


async def played(path: Path, log: Path) -> str:
    """What mpv logs while it plays a file."""
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
