"""Tracks over HTTP, by a real web server: whole, in parts, and never anything from outside the library."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.safe_open import open_inside
from script.lib.sounds import FORMATS, Sounds
from tests.engine.library.reader.test_formats import MIME_TYPES
from tests.engine.library.serving import serve
from tests.http import HttpClient

SECRET = b"root:x:0:0 nobody may see this"


@pytest.fixture
async def http(tmp_path: Path, library: Library, socket_enabled: None) -> AsyncGenerator[HttpClient]:
    """A client of a web server that serves the library's tracks."""
    async with serve(library, tmp_path / "cache") as client:
        yield client


@pytest.fixture
def song(sounds: Sounds, music: Path) -> Path:
    """One song, in a folder of its own."""
    return sounds.put(music / "album" / "song.flac", title="Song")


async def scanned(library: Library) -> str:
    """The id of the one track."""
    await library.scan()
    (track,) = (await library.get_tracks()).items
    return f"/{track.track_id}"


@pytest.mark.parametrize("kind", FORMATS)
async def test_each_format_as_it_is(kind: str, sounds: Sounds, music: Path, library: Library, http: HttpClient) -> None:
    content = sounds.put(music / f"x.{FORMATS[kind][0]}", kind, title="X").read_bytes()
    url = await scanned(library)
    response = await http.get(url)
    assert (response.status, response.content_type) == (200, MIME_TYPES[kind])
    assert await response.read() == content
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["X-Content-Type-Options"] == "nosniff"

    head = await http.head(url)
    assert (head.status, await head.read()) == (200, b"")
    for name in "Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges":
        assert head.headers[name] == response.headers[name]


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("bytes=0-", 0, None), ("bytes=100-199", 100, 200), ("bytes=-50", -50, None), ("bytes=5-99999999", 5, None)],
)
async def test_a_range_of_bytes_is_served(
    song: Path, library: Library, http: HttpClient, wanted: str, start: int, end: int | None
) -> None:
    url = await scanned(library)
    response = await http.get(url, headers={"Range": wanted})
    content = song.read_bytes()
    assert response.status == 206
    part = await response.read()
    assert part == content[start:end]
    first = start % len(content)
    assert response.headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(content)}"


async def test_a_range_behind_the_end_is_refused(song: Path, library: Library, http: HttpClient) -> None:
    response = await http.get(await scanned(library), headers={"Range": "bytes=99999999-"})
    assert response.status == 416
    assert response.headers["Content-Range"] == f"bytes */{song.stat().st_size}"


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "songs=1-2", "bytes=9-5", "bytes=-", "bytes=a-b", "bytes=٣-"])
async def test_a_malformed_range_is_ignored(song: Path, library: Library, http: HttpClient, wanted: str) -> None:
    """A range that isn't understood is ignored."""
    response = await http.get(await scanned(library), headers={"Range": wanted})
    assert response.status == 200
    assert await response.read() == song.read_bytes()


async def test_a_range_of_an_older_file_gets_all_of_the_new_one(song: Path, library: Library, http: HttpClient) -> None:
    """If the file has changed since, all of it is sent: parts of two files would make noise."""
    url = await scanned(library)
    head = await http.head(url)
    for condition, status in (
        (head.headers["ETag"], 206),
        (head.headers["Last-Modified"], 206),
        ('"another"', 200),
        (f"W/{head.headers['ETag']}", 200),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
    ):
        response = await http.get(url, headers={"Range": "bytes=0-9", "If-Range": condition})
        assert response.status == status, condition
        assert len(await response.read()) == (10 if status == 206 else song.stat().st_size)
    assert (await http.head(url, headers={"Range": "bytes=0-9"})).status == 200


async def test_an_unchanged_file_is_not_sent_twice(song: Path, library: Library, http: HttpClient) -> None:
    url = await scanned(library)
    tag = (await http.head(url)).headers["ETag"]
    assert (await http.get(url, headers={"If-None-Match": tag})).status == 304
    os.utime(song, ns=(0, 0))
    assert (await http.get(url, headers={"If-None-Match": tag})).status == 200


@pytest.mark.parametrize(
    "id_", ["t-unknown", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "t-%00", "al-1", "' OR 1=1 --", "x" * 3_000]
)
async def test_an_unknown_track_is_not_found(song: Path, library: Library, http: HttpClient, id_: str) -> None:
    await library.scan()
    assert (await http.get(f"/{id_}")).status == 404


async def test_a_missing_file_or_a_special_one_is_not_found(song: Path, library: Library, http: HttpClient) -> None:
    url = await scanned(library)
    song.unlink()
    assert (await http.get(url)).status == 404
    song.mkdir()
    assert (await http.get(url)).status == 404
    song.rmdir()
    os.mkfifo(song)
    assert (await http.get(url)).status == 404


@pytest.mark.parametrize("absolute", [True, False])
async def test_a_link_in_the_place_of_a_song(
    song: Path, tmp_path: Path, library: Library, http: HttpClient, absolute: bool
) -> None:
    url = await scanned(library)
    (tmp_path / "secret").write_bytes(SECRET)
    song.unlink()
    song.symlink_to(tmp_path / "secret" if absolute else "../../secret")
    assert song.read_bytes() == SECRET
    response = await http.get(url)
    assert response.status == 404
    assert SECRET not in await response.read()


async def test_a_link_in_the_place_of_a_folder(song: Path, tmp_path: Path, library: Library, http: HttpClient) -> None:
    url = await scanned(library)
    song.parent.rename(tmp_path / "elsewhere")
    song.parent.symlink_to(tmp_path / "elsewhere")
    song.write_bytes(SECRET)
    response = await http.get(url)
    assert response.status == 404
    assert SECRET not in await response.read()


async def test_links_beside_songs_are_no_songs(song: Path, tmp_path: Path, library: Library) -> None:
    song.rename(tmp_path / "outside.flac")
    song.symlink_to(tmp_path / "outside.flac")
    (song.parent.parent / "linked").symlink_to(tmp_path)
    await library.scan()
    assert (await library.get_tracks()).total == 0


def test_an_open_file_stays_the_same_file(song: Path, music: Path, tmp_path: Path) -> None:
    content = song.read_bytes()
    with open_inside(music, song) as file:
        song.unlink()
        (tmp_path / "secret").write_bytes(SECRET)
        song.symlink_to(tmp_path / "secret")
        assert file.read() == content


@pytest.mark.parametrize("path", ["../secret", "album/../../secret", "..", "/etc/passwd"])
def test_paths_that_lead_out_are_refused(song: Path, music: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_bytes(SECRET)
    with pytest.raises((OSError, ValueError)):
        open_inside(music, music / path)


async def test_responses_leave_no_file_open(song: Path, library: Library, http: HttpClient) -> None:
    url = await scanned(library)
    await (await http.get(url)).read()

    def held() -> int:
        return sum(1 for link in Path("/proc/self/fd").iterdir() if link.exists() and link.resolve() == song.resolve())

    for headers in {}, {"Range": "bytes=0-9"}, {"Range": "bytes=99999999-"}:
        await (await http.get(url, headers=headers)).read()
        await http.head(url, headers=headers)
    async with asyncio.timeout(20):
        while held() > 0:  # noqa: ASYNC110 - aiohttp closes its own in the executor
            await asyncio.sleep(0.01)
