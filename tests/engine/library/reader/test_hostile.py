"""Hostile files: they cost the reader process bounded memory and time, this process none, and are named."""

import asyncio
from io import BytesIO
import os
from pathlib import Path
import struct
import subprocess
import sys

from PIL import Image
import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.reader import client
from custom_components.moosicbox.engine.library.reader.client import ReaderProcess
from custom_components.moosicbox.engine.library.reader.messages import (
    FilePicture,
    FileTags,
    ReadingFailed,
    ReadPicture,
    ReadPlaylist,
    ReadTags,
    Reply,
    Request,
)
from script.lib.sounds import Sounds, png
from tests.engine.library.serving import serve
from tests.hostile_files import MANY_PARTS, MIB, compressed_frame, id3, write_huge_pictures

pytestmark = pytest.mark.process

MAX_READER = 320 * MIB
MAX_GROWTH = 32 * MIB
"""Of this process."""


def ask(request: Request) -> tuple[Reply, int]:
    """Return the reply to a request, and the peak memory of the reader process."""
    reader = ReaderProcess()
    reply = reader.ask(request)
    process = reader._process
    peak = 0
    if process is not None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    reader.close()
    reader.wait()
    return reply, peak


def resident() -> int:
    """The memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("name", [b"TIT2", b"APIC", b"COMM", b"USLT", b"TXXX"])
def test_compressed_frames_are_inflated_within_bounds(
    sounds: Sounds, tmp_path: Path, name: bytes, version: int
) -> None:
    frames = compressed_frame(name, version), (b"TPE1", 0, b"\3Harmless")
    path = tmp_path / "bomb.mp3"
    path.write_bytes(id3(*frames, version=version) + sounds.path("mp3").read_bytes())
    reply, peak = ask(ReadTags(bytes(tmp_path), bytes(path)))
    assert isinstance(reply, FileTags)
    assert (reply.title, reply.artist) == (None, "Harmless")
    assert peak < MAX_READER


@pytest.mark.parametrize("frames", MANY_PARTS.values(), ids=MANY_PARTS)
def test_many_small_parts_cost_little(sounds: Sounds, tmp_path: Path, frames: list[tuple[bytes, int, bytes]]) -> None:
    path = tmp_path / "many.mp3"
    path.write_bytes(id3(*frames, (b"TPE1", 0, b"\3Last")) + sounds.path("mp3").read_bytes())
    reply, peak = ask(ReadTags(bytes(tmp_path), bytes(path)))
    assert isinstance(reply, FileTags)
    assert peak < MAX_READER


def sparse_flac(path: Path, sounds: Sounds, size: int) -> Path:
    """Write a sparse file whose cover has this many bytes."""
    head = sounds.path("flac").read_bytes()[:42]
    picture = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, 1, 1, 24, 0, size)
    data = head[:4] + bytes([head[4] & 0x7F]) + head[5:] + b"\x86\xff\xff\xff" + picture
    path.write_bytes(data)
    os.truncate(path, len(data) + size)
    return path


async def test_a_file_that_ends_its_reader_is_named_and_passed_over(
    sounds: Sounds, music: Path, library: Library
) -> None:
    sounds.put(music / "a/song.mp3", title="Song")
    hostile = sparse_flac(music / "a/hostile.flac", sounds, 1_500 * MIB)
    await library.scan()
    assert [track.title for track in (await library.get_tracks()).items] == ["Song"]
    (file,) = library.unreadable
    assert (file.path, file.reason) == (str(hostile), "memory")

    # It isn't read again: the note of it stays.
    mark = "UPDATE unreadable SET noticed_at = 1"
    await library._database.write(lambda index: index.execute(mark))
    await library.scan()
    assert library.unreadable[0].noticed_at.startswith("1970")
    os.utime(hostile, ns=(1, 1))
    await library.scan()
    assert not library.unreadable[0].noticed_at.startswith("1970")

    sounds.put(hostile, title="Mended", variant=0)
    await library.scan()
    assert library.unreadable == ()
    assert {track.title for track in (await library.get_tracks()).items} == {"Song", "Mended"}
    sparse_flac(hostile, sounds, 1_500 * MIB)
    await library.scan()
    assert len(library.unreadable) == 1
    assert [track.title for track in (await library.get_tracks()).items] == ["Song"]
    hostile.unlink()
    await library.scan()
    assert library.unreadable == ()


async def test_a_single_file_that_ends_its_reader(sounds: Sounds, tmp_path: Path, library: Library) -> None:
    """As Home Assistant's media sources name them."""
    hostile = sparse_flac(tmp_path / "hostile.flac", sounds, 1_500 * MIB)
    song = sounds.put(tmp_path / "song.flac", title="Song")
    before = resident()
    replies = await asyncio.gather(*(library.reader.read_tags(path) for path in (hostile, song, hostile, song)))
    assert [reply and reply.title for reply in replies] == [None, "Song", None, "Song"]
    assert await library.reader.read_picture(hostile) is None
    assert [(file.path, file.reason) for file in library.unreadable] == [(str(hostile), "memory")]
    assert resident() - before < MAX_GROWTH
    sounds.put(hostile, title="Mended")
    reply = await library.reader.read_tags(hostile)
    assert reply is not None
    assert reply.title == "Mended"
    assert library.unreadable == ()


@pytest.fixture(scope="module")
def huge_pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Few bytes each, 49 million pixels."""
    return write_huge_pictures(tmp_path_factory.mktemp("huge"))


async def test_huge_pictures_are_refused_or_reduced(
    huge_pictures: list[Path], sounds: Sounds, music: Path, library: Library, tmp_path: Path, socket_enabled: None
) -> None:
    for number, picture in enumerate(huge_pictures):
        sounds.put(music / f"{number}/x.mp3", title=picture.suffix, album=picture.suffix, artist="A")
        (music / f"{number}/cover{picture.suffix}").write_bytes(picture.read_bytes())
    await library.scan()
    albums = {album.title: album.album_id for album in (await library.get_albums()).items}
    before = resident()
    async with serve(library, tmp_path / "cache") as http:
        responses = dict(
            zip(
                albums,
                await asyncio.gather(*(http.get(f"/artwork/{id_}", params={"size": 64}) for id_ in albums.values())),
                strict=True,
            )
        )
        assert {title: response.status for title, response in responses.items()} == {
            **dict.fromkeys((".webp", ".png", ".gif"), 404),
            ".jpg": 200,
        }
    assert resident() - before < MAX_GROWTH
    assert library.unreadable == ()


def test_a_picture_of_the_largest_kind_stays_within_the_reader(tmp_path: Path) -> None:
    made = BytesIO()
    Image.new("RGBA", (3_990, 3_990)).save(made, "PNG")
    (tmp_path / "cover.png").write_bytes(made.getvalue())
    reply, peak = ask(ReadPicture(bytes(tmp_path), bytes(tmp_path / "cover.png"), embedded=False, edge=1024))
    assert isinstance(reply, FilePicture)
    assert peak < MAX_READER


@pytest.mark.parametrize("name", ["link.png", "pipe.png", "folder.png", "nothing.png", "../outside.png"])
def test_only_regular_files_below_the_root_are_read(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    (root / "folder.png").mkdir(parents=True)
    (tmp_path / "outside.png").write_bytes(png())
    (root / "link.png").symlink_to(tmp_path / "outside.png")
    os.mkfifo(root / "pipe.png")
    path = bytes(root) + b"/" + name.encode()
    reader = ReaderProcess()
    for request in (
        ReadPicture(bytes(root), path, embedded=False),
        ReadPicture(bytes(root), path, embedded=True),
        ReadTags(bytes(root), path),
        ReadPlaylist(bytes(root), path),
    ):
        assert reader.ask(request) == ReadingFailed(None)
    reader.close()
    reader.wait()


def test_the_process_writes_no_files_and_starts_no_processes(tmp_path: Path) -> None:
    program = (
        "import os, subprocess\n"
        "from engine.library.reader import process\n"
        "process._limit_process()\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n    os.write(os.open('written', os.O_CREAT | os.O_WRONLY), b'x'); print('wrote')\nexcept OSError: print('refused')\n"
        "import resource; print(resource.getrlimit(resource.RLIMIT_NPROC), resource.getrlimit(resource.RLIMIT_CORE))\n"
        "try:\n    bytearray(2_000_000_000); print('allocated')\nexcept MemoryError: print('refused')\n"
    )
    found = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(client.__file__).parents[3])},
    )
    assert found.stdout.splitlines() == ["refused", "(0, 0) (0, 0)", "refused"]
