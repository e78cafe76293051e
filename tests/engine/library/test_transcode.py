"""Tracks in formats that they weren't recorded in, by a real ffmpeg; and what becomes of it when nobody listens."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from io import BytesIO
from pathlib import Path
import subprocess

from aiohttp import ClientError
import mutagen
import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.streaming import transcoder as transcode
from custom_components.moosicbox.engine.library.streaming.formats import FORMATS as MADE
from script.lib.sounds import FORMATS, Sounds
from tests.http import HttpClient

from .serving import serve

TYPES = {"flac": "audio/flac", "opus": "audio/ogg", "mp3": "audio/mpeg"}
LONG = 600


@pytest.fixture
async def http(tmp_path: Path, library: Library, socket_enabled: None) -> AsyncGenerator[HttpClient]:
    """A client of a web server that transcodes."""
    async with serve(library, tmp_path / "cache") as client:
        yield client


@pytest.fixture(scope="module")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes of noise: too much for a socket's buffers to swallow."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    noise = f"anoisesrc=duration={LONG}:sample_rate=44100:seed=1"
    subprocess.run(  # noqa: S603 - our own words
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", noise, "-c:a", "pcm_s16le", path],  # noqa: S607
        check=True,
    )
    return path


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """A program in ffmpeg's place. Its process id is in `pid`."""

    def make(script: str) -> str:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


async def ids(library: Library) -> list[str]:
    """All tracks'."""
    await library.scan()
    return [f"/{track.track_id}" for track in (await library.get_tracks()).items]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for processes and files, which notify nobody."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def gone(pid: int) -> None:
    """Wait until there is no such process."""
    await until(lambda: not Path(f"/proc/{pid}").exists())


def kept(tmp_path: Path) -> list[str]:
    """The formats of what is in the cache."""
    return sorted(path.suffix for path in (tmp_path / "cache" / "tracks").iterdir())


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("kind", FORMATS)
async def test_each_format_in_each_other(
    kind: str, made: str, sounds: Sounds, music: Path, library: Library, http: HttpClient
) -> None:
    sounds.put(music / f"x.{FORMATS[kind][0]}", kind, title="X")
    (url,) = await ids(library)
    response = await http.get(url, params={"format": made})
    assert (response.status, response.content_type) == (200, TYPES[made])
    sound = mutagen.File(BytesIO(await response.read()))
    assert sound.mime[0] == TYPES[made] or made in sound.mime[0]
    assert sound.tags is None or "X" not in str(sound.tags)
    again = await http.get(url, params={"format": made})
    sound = mutagen.File(BytesIO(await again.read()))
    assert sound.info.length == pytest.approx(1, abs=0.15)


async def test_parts(sounds: Sounds, music: Path, library: Library, http: HttpClient) -> None:
    """A part of what isn't made yet is awaited; once made, it is a file like any."""
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    part = await http.get(url, params={"format": "mp3"}, headers={"Range": "bytes=100-199"})
    whole = await http.get(url, params={"format": "mp3"})
    content = await whole.read()
    assert (part.status, await part.read()) == (206, content[100:200])
    assert part.headers["ETag"] == whole.headers["ETag"]
    head = await http.head(url, params={"format": "mp3"})
    assert int(head.headers["Content-Length"]) == len(content)
    assert (
        await http.get(url, params={"format": "mp3"}, headers={"If-None-Match": head.headers["ETag"]})
    ).status == 304


async def test_asking_makes_nothing(
    sounds: Sounds, music: Path, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    head = await http.head(url, params={"format": "mp3"})
    assert (head.status, head.content_type) == (200, "audio/mpeg")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["exe", "", "../mp3", "FLAC"])
async def test_no_such_format(sounds: Sounds, music: Path, library: Library, http: HttpClient, name: str) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    assert (await http.get(url, params={"format": name})).status == 404


async def test_it_is_heard_before_it_is_made(
    long_song: Path, music: Path, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    (music / "long.wav").hardlink_to(long_song)
    (url,) = await ids(library)
    async with http.get(url, params={"format": "flac"}) as response:
        assert (await response.content.readexactly(4)) == b"fLaC"
        assert kept(tmp_path) != [".flac"]
        # A second listener gets the same one.
        async with http.get(url, params={"format": "flac"}) as second:
            assert (await second.content.readexactly(4)) == b"fLaC"
        assert len(kept(tmp_path)) == 1


async def test_nobody_listens_any_more(
    long_song: Path, music: Path, tmp_path: Path, library: Library, socket_enabled: None, program: Callable[[str], str]
) -> None:
    """A client that is killed takes its ffmpeg along, and what was made so far."""
    (music / "long.wav").hardlink_to(long_song)
    (url,) = await ids(library)
    async with serve(library, tmp_path / "cache", program('exec ffmpeg "$@"')) as http:
        response = await http.get(url, params={"format": "flac"})
        assert await response.content.readexactly(4) == b"fLaC"
        pid = int((tmp_path / "pid").read_text())
        assert Path(f"/proc/{pid}").exists()
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()
        await gone(pid)
        await until(lambda: not kept(tmp_path))


async def test_a_program_that_hangs(
    sounds: Sounds,
    music: Path,
    tmp_path: Path,
    library: Library,
    socket_enabled: None,
    program: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    monkeypatch.setattr(transcode, "MAX_SECONDS", 0.2)
    async with serve(library, tmp_path / "cache", program("exec sleep 1000")) as http:
        response = await http.get(url, params={"format": "mp3"})
        assert response.status == 503
        await gone(int((tmp_path / "pid").read_text()))
        assert kept(tmp_path) == []


@pytest.mark.parametrize("wanted", [{}, {"Range": "bytes=5-"}])
async def test_a_program_that_fails(
    sounds: Sounds,
    music: Path,
    tmp_path: Path,
    library: Library,
    socket_enabled: None,
    program: Callable[[str], str],
    wanted: dict[str, str],
) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    for ffmpeg in program("exit 1"), str(tmp_path / "nothing"), None:
        async with serve(library, tmp_path / "cache", ffmpeg) as http:
            assert (await http.get(url, params={"format": "mp3"}, headers=wanted)).status == 503
            # The file itself is still to be had.
            assert (await http.get(url)).status == 200


async def test_a_program_that_breaks_off(
    sounds: Sounds, music: Path, tmp_path: Path, library: Library, socket_enabled: None, program: Callable[[str], str]
) -> None:
    """What was sent so far isn't taken for the whole."""
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    script = f"""
        for last in "$@"; do :; done
        echo some of it > "${{last#file:}}"; echo told
        while [ ! -e {tmp_path}/heard ]; do :; done
        exit 1
    """
    async with serve(library, tmp_path / "cache", program(script)) as http:
        response = await http.get(url, params={"format": "mp3"})
        assert await response.content.readline() == b"some of it\n"
        (tmp_path / "heard").touch()
        with pytest.raises(ClientError):
            await response.read()
        assert kept(tmp_path) == []


async def test_requests_above_the_limit_are_refused(
    sounds: Sounds,
    music: Path,
    tmp_path: Path,
    library: Library,
    socket_enabled: None,
    program: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One runs, one waits, one is refused; the others' processes end with their requests."""
    monkeypatch.setattr(transcode, "PROCESSES", 1)
    monkeypatch.setattr(transcode, "MAX_TRACKS", 2)
    for variant in range(3):
        sounds.put(music / f"{variant}.flac", variant=variant, title=str(variant))
    urls = await ids(library)
    ffmpeg = program(f"echo $$ >> {tmp_path}/started; exec sleep 1000")
    async with serve(library, tmp_path / "cache", ffmpeg) as http:
        # The order in which they arrive is open: which one is refused is too.
        requests = [asyncio.create_task(http.get(url, params={"format": "mp3"})) for url in urls]
        (refused,), waiting = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
        assert refused.result().status == 503
        started = tmp_path / "started"
        await until(started.exists)
        assert len(started.read_text().splitlines()) == 1
        for request in waiting:
            request.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await until(lambda: not kept(tmp_path))
        for pid in started.read_text().split():
            await gone(int(pid))


async def test_what_is_no_sound(
    music: Path, sounds: Sounds, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    """A file that became a playlist doesn't lead ffmpeg anywhere."""
    song = sounds.put(music / "x.mp3", title="X")
    (url,) = await ids(library)
    secret = sounds.put(tmp_path / "secret.mp3")
    song.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n")
    assert (await http.get(url, params={"format": "flac"})).status == 503
