"""Tracks in other formats than that of their file, by a real ffmpeg, and the end of it with its listeners."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import contextlib
from io import BytesIO
from pathlib import Path
import subprocess

from aiohttp import ClientError
import av
import mutagen
import numpy as np
from numpy.typing import NDArray
import pytest

from custom_components.moosicbox.engine import ffmpeg_process
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.streaming import transcoder as transcode, transcoding
from custom_components.moosicbox.engine.library.streaming.formats import FORMATS as MADE
from custom_components.moosicbox.engine.library.streaming.input import input_arguments
from script.lib.sounds import FORMATS, Sounds
from tests.engine.library.serving import serve
from tests.http import HttpClient

TYPES = {"flac": "audio/flac", "opus": "audio/ogg", "mp3": "audio/mpeg"}
LONG = 600
RATE = 44_100


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
    """A program in ffmpeg's place; `pid_of` returns its process id."""

    def make(script: str) -> str:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\nln -sfn $$ {tmp_path}/pid\n{script}\n")
        path.chmod(0o755)
        return str(path)

    return make


def pid_of(tmp_path: Path) -> int:
    """Return the process id of the program, which is kept as a link: its limits may forbid it to write a file."""
    return int((tmp_path / "pid").readlink().name)


async def ids(library: Library) -> list[str]:
    """All tracks'."""
    await library.scan()
    return [f"/{track.track_id}" for track in (await library.get_tracks()).items]


async def in_every_format(sounds: Sounds, music: Path, library: Library) -> dict[str, str]:
    """Return the addresses of tracks by the format of their file."""
    for kind, (suffix, _) in FORMATS.items():
        sounds.put(music / f"{kind}.{suffix}", kind, title="X", album=kind)
    await library.scan()
    urls = {str(track.album): f"/{track.track_id}" for track in (await library.get_tracks()).items}
    assert urls.keys() == FORMATS.keys()
    return urls


async def until(holds: Callable[[], bool]) -> None:
    """Wait for processes and files, which send no signal."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def gone(pid: int) -> None:
    """Wait until there is no such process."""
    await until(lambda: not Path(f"/proc/{pid}").exists())


def state(pid: int) -> str:
    """Return the state of a process; T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def wait_channel(pid: int) -> str:
    """Return the function of the kernel in which a process waits."""
    return Path(f"/proc/{pid}/wchan").read_text().removeprefix("anon_")


def decoded(sound: bytes) -> NDArray[np.int16]:
    """The samples of a file's bytes, in mono; of one that is cut off, those before its end."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    frames: list[av.AudioFrame] = []
    with av.open(BytesIO(sound), "r") as container, contextlib.suppress(av.InvalidDataError):
        for frame in container.decode(audio=0):
            frames += resampler.resample(frame)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames + resampler.resample(None)])


def kept(tmp_path: Path) -> list[str]:
    """The formats of what is in the cache."""
    folder = tmp_path / "cache" / "tracks"
    return sorted(path.suffix for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("made", MADE)
async def test_each_format_in_each_other(
    made: str, sounds: Sounds, music: Path, library: Library, http: HttpClient
) -> None:
    for kind, url in (await in_every_format(sounds, music, library)).items():
        response = await http.get(url, params={"format": made})
        assert (response.status, response.content_type) == (200, TYPES[made]), kind
        sound = mutagen.File(BytesIO(await response.read()))
        assert sound.mime[0] == TYPES[made] or made in sound.mime[0], kind
        assert sound.tags is None or "X" not in str(sound.tags), kind
        again = await http.get(url, params={"format": made})
        sound = mutagen.File(BytesIO(await again.read()))
        assert sound.info.length == pytest.approx(1, abs=0.15), kind


async def test_ranges_are_the_same_during_and_after_transcoding(
    sounds: Sounds, music: Path, library: Library, http: HttpClient
) -> None:
    """Parts of a track are the same while it is transcoded and when it is kept."""
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    # The first frame of an MP3 is written anew at the end.
    ranges = {
        "bytes=0-1": (0, 2),
        "bytes=2000-2099": (2_000, 2_100),
        "bytes=5000-": (5_000, None),
        "bytes=-50": (-50, None),
    }
    parts = {wanted: await http.get(url, params={"format": "mp3"}, headers={"Range": wanted}) for wanted in ranges}
    content = await (await http.get(url, params={"format": "mp3"})).read()
    for wanted, (first, last) in ranges.items():
        again = await http.get(url, params={"format": "mp3"}, headers={"Range": wanted})
        for part in (parts[wanted], again):
            assert (part.status, part.content_type) == (206, "audio/mpeg")
            assert await part.read() == content[first:last]
        assert again.headers["Content-Range"].endswith(f"/{len(content)}")
    beyond = await http.get(url, params={"format": "mp3"}, headers={"Range": "bytes=99999999-99999999"})
    assert beyond.status == 416
    head = await http.head(url, params={"format": "mp3"})
    assert int(head.headers["Content-Length"]) == len(content)
    assert (
        await http.get(url, params={"format": "mp3"}, headers={"If-None-Match": head.headers["ETag"]})
    ).status == 304


async def test_a_part_is_answered_when_its_bytes_are_there(
    sounds: Sounds, music: Path, tmp_path: Path, library: Library, socket_enabled: None, program: Callable[[str], str]
) -> None:
    """The rest of the track may take as long as it likes."""
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    script = """
        for last in "$@"; do :; done
        printf 0123456789 > "${last#file:}"; echo told
        exec sleep 1000
    """
    async with serve(library, tmp_path / "cache", program(script)) as http:
        part = await http.get(url, params={"format": "mp3"}, headers={"Range": "bytes=2-5"})
        assert (part.status, await part.read()) == (206, b"2345")
        assert part.headers["Content-Range"] == "bytes 2-5/*"
        await until(lambda: not kept(tmp_path))


async def test_a_head_request_transcodes_nothing(
    sounds: Sounds, music: Path, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    head = await http.head(url, params={"format": "mp3"})
    assert (head.status, head.content_type) == (200, "audio/mpeg")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["exe", "", "../mp3", "FLAC"])
async def test_an_unknown_format_is_not_found(
    sounds: Sounds, music: Path, library: Library, http: HttpClient, name: str
) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    assert (await http.get(url, params={"format": name})).status == 404


@pytest.mark.process
async def test_sound_is_sent_while_it_is_transcoded(
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


@pytest.mark.process
async def test_a_client_that_disconnects_ends_its_process(
    long_song: Path, music: Path, tmp_path: Path, library: Library, socket_enabled: None, program: Callable[[str], str]
) -> None:
    """A client that is killed takes its ffmpeg along, and what was made so far."""
    (music / "long.wav").hardlink_to(long_song)
    (url,) = await ids(library)
    async with serve(library, tmp_path / "cache", program('exec ffmpeg "$@"')) as http:
        response = await http.get(url, params={"format": "flac"})
        assert await response.content.readexactly(4) == b"fLaC"
        pid = pid_of(tmp_path)
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
        await gone(pid_of(tmp_path))
        await until(lambda: not kept(tmp_path))


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
    for name in program("exit 1"), str(tmp_path / "nothing"), None:
        async with serve(library, tmp_path / "cache", name) as http:
            assert (await http.get(url, params={"format": "mp3"}, headers=wanted)).status == 503
            # The file itself is still to be had.
            assert (await http.get(url)).status == 200


async def test_a_program_that_breaks_off(
    sounds: Sounds, music: Path, tmp_path: Path, library: Library, socket_enabled: None, program: Callable[[str], str]
) -> None:
    """A broken connection tells the client that the track isn't complete."""
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
        await until(lambda: not kept(tmp_path))


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
    monkeypatch.setattr(transcode, "MAX_TRANSCODINGS", 2)
    for variant in range(3):
        sounds.put(music / f"{variant}.flac", variant=variant, title=str(variant))
    urls = await ids(library)
    sleeping = program(f"echo $$ >> {tmp_path}/started; exec sleep 1000")
    async with serve(library, tmp_path / "cache", sleeping) as http:
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


@pytest.mark.parametrize("made", MADE)
async def test_transcoding_from_a_place_in_the_track(
    made: str, sounds: Sounds, music: Path, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    for kind, url in (await in_every_format(sounds, music, library)).items():
        response = await http.get(url, params={"format": made, "start": "0.75"})
        assert (response.status, response.content_type) == (200, TYPES[made]), kind
        samples = decoded(await response.read())
        assert len(samples) / RATE == pytest.approx(0.25, abs=0.08), kind
    assert not (tmp_path / "cache" / "tracks").exists() or kept(tmp_path) == []


@pytest.mark.process
async def test_transcoding_from_a_place_is_exact_to_the_sample(
    long_song: Path, music: Path, library: Library, http: HttpClient
) -> None:
    (music / "long.wav").hardlink_to(long_song)
    (url,) = await ids(library)
    whole = long_song.read_bytes()[-LONG * RATE * 2 :]
    for start in (0.5, 1.23, 599.5):
        async with http.get(url, params={"format": "flac", "start": str(start)}) as response:
            data = b""
            while len(data) < 200_000 and (chunk := await response.content.read(100_000)):
                data += chunk
            samples = decoded(data)
        at = round(start * RATE) * 2
        assert samples[:20_000].tobytes() == whole[at : at + 40_000]


@pytest.mark.parametrize("start", ["1.5", "99", "-1", "x", "", "nan", "inf", "1e3", "٣"])
async def test_a_start_outside_of_the_track_is_refused(
    sounds: Sounds, music: Path, library: Library, http: HttpClient, start: str
) -> None:
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    assert (await http.get(url, params={"format": "mp3", "start": start})).status == 400
    assert (await http.get(url, params={"start": "0.5"})).status == 400


async def test_a_stalled_listener_pauses_its_process(
    long_song: Path,
    music: Path,
    tmp_path: Path,
    library: Library,
    socket_enabled: None,
    program: Callable[[str], str],
    sounds: Sounds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process of a listener that stalls is paused, and holds up no other listener."""
    monkeypatch.setattr(transcode, "PROCESSES", 1)
    monkeypatch.setattr(transcoding, "AHEAD_BYTES", 100_000)
    (music / "long.wav").hardlink_to(long_song)
    sounds.put(music / "short.flac", title="Short")
    await library.scan()
    urls = {track.title: f"/{track.track_id}" for track in (await library.get_tracks()).items}
    async with serve(library, tmp_path / "cache", program('exec ffmpeg "$@"')) as http:
        async with http.get(urls["long"], params={"format": "flac"}) as stalled:
            assert await stalled.content.readexactly(4) == b"fLaC"
            pid = pid_of(tmp_path)
            await until(lambda: state(pid) == "T")
            other = await http.get(urls["Short"], params={"format": "mp3"})
            assert (other.status, len(await other.read()) > 1_000) == (200, True)
            await until(lambda: state(pid) == "T")
            await stalled.content.readexactly(30_000_000)
            assert kept(tmp_path) == ["", ".mp3"]
        await gone(pid)


@pytest.mark.process
@pytest.mark.parametrize("reason", ["large", "full"])
async def test_a_track_that_cannot_be_kept_is_streamed_live(
    reason: str,
    long_song: Path,
    music: Path,
    tmp_path: Path,
    library: Library,
    socket_enabled: None,
    program: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if reason == "large":
        monkeypatch.setattr(transcode, "MAX_FILE_BYTES", 1_000_000)
    else:
        monkeypatch.setattr(transcode, "SPARE_BYTES", 1 << 60)
    (music / "long.wav").hardlink_to(long_song)
    (url,) = await ids(library)
    async with serve(library, tmp_path / "cache", program('exec ffmpeg "$@"')) as http:
        async with http.get(url, params={"format": "flac"}) as response:
            assert response.headers["Accept-Ranges"] == "none"
            await response.content.readexactly(1_000)
            pid = pid_of(tmp_path)
            # It makes no more than the pipe and the sockets take: it waits for its listener.
            await until(lambda: wait_channel(pid) == "pipe_write")
            assert kept(tmp_path) == []
        await gone(pid)


@pytest.mark.process
async def test_a_file_that_grows_beyond_its_bound(
    long_song: Path, music: Path, tmp_path: Path, library: Library, http: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose duration is a lie."""
    monkeypatch.setattr(transcode, "MAX_FILE_BYTES", 2_000_000)
    monkeypatch.setattr(transcode.Transcoder, "fits", lambda *_: True)
    (music / "long.wav").hardlink_to(long_song)
    (url,) = await ids(library)
    response = await http.get(url, params={"format": "flac"})
    with pytest.raises(ClientError):
        await response.read()
    await until(lambda: not kept(tmp_path))


@pytest.mark.process
async def test_only_decoders_of_sound_are_used(
    music: Path, tmp_path: Path, library: Library, socket_enabled: None, program: Callable[[str], str]
) -> None:
    """A video beside the music is never decoded, whatever it is."""
    make = ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64"]
    make += ["-f", "lavfi", "-i", "sine=duration=1", "-c:v", "magicyuv", "-c:a", "aac", "-f", "mov"]
    subprocess.run([*make, music / "x.m4a"], check=True)  # noqa: ASYNC221, S603 - our own words
    (url,) = await ids(library)
    script = f"""
        for argument in "$@"; do
            shift
            [ "$argument" = error ] && argument=verbose
            set -- "$@" "$argument"
        done
        exec ffmpeg "$@" 2> {tmp_path}/log
    """
    async with serve(library, tmp_path / "cache", program(script)) as http:
        response = await http.get(url, params={"format": "mp3"})
        assert response.status == 200
        assert len(decoded(await response.read())) > RATE / 2
        log = (tmp_path / "log").read_text()
        assert "Codec (magicyuv) not on whitelist" in log
        assert "-> #0:0 (aac (native) -> mp3 (libmp3lame))" in log


@pytest.mark.parametrize("start", [0, 10])
def test_decoders_are_named_before_the_file_is_opened(tmp_path: Path, start: float) -> None:
    (tmp_path / "x").touch()
    with (tmp_path / "x").open("rb") as file:
        arguments = input_arguments(file, "audio/mp4", start)
    assert arguments.index("-codec_whitelist") < arguments.index("-i")
    assert arguments[arguments.index("-codec_whitelist") + 1] == "aac,aac_fixed,libfdk_aac,alac"
    assert arguments[arguments.index("-f") + 1] == "mov"


async def test_the_process_has_limits_and_no_secrets(
    sounds: Sounds,
    music: Path,
    tmp_path: Path,
    library: Library,
    socket_enabled: None,
    program: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SUPERVISOR_TOKEN", "secret")
    sounds.put(music / "x.flac", title="X")
    (url,) = await ids(library)
    async with serve(library, tmp_path / "cache", program("exec sleep 1000")) as http:
        request = asyncio.create_task(http.get(url, params={"format": "mp3"}))
        await until((tmp_path / "pid").is_symlink)
        pid = pid_of(tmp_path)

        def limits() -> dict[str, str]:
            lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
            return {line[:25].strip(): line[26:46].strip() for line in lines}

        await until(lambda: limits()["Max address space"] == str(ffmpeg_process.MAX_MEMORY))
        assert int(limits()["Max file size"]) == transcode.MAX_FILE_BYTES
        assert int(limits()["Max open files"]) == ffmpeg_process.MAX_OPEN_FILES
        assert b"SUPERVISOR_TOKEN" not in Path(f"/proc/{pid}/environ").read_bytes()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await gone(pid)


async def test_a_file_that_became_a_playlist_leads_nowhere(
    music: Path, sounds: Sounds, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    """A file that became a playlist doesn't lead ffmpeg anywhere."""
    song = sounds.put(music / "x.mp3", title="X")
    (url,) = await ids(library)
    secret = sounds.put(tmp_path / "secret.mp3")
    song.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n")
    assert (await http.get(url, params={"format": "flac"})).status == 503
