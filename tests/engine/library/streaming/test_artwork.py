"""Pictures over HTTP, by a real web server: as they are, and smaller."""

from collections.abc import AsyncGenerator
from io import BytesIO
import os
from pathlib import Path

from PIL import Image
import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Picture
from custom_components.moosicbox.engine.library.reader.messages import ReadPicture
from custom_components.moosicbox.engine.library.streaming.disk_cache import DiskCache
from script.lib.sounds import Sounds, png
from tests.engine.library.serving import serve
from tests.http import HttpClient


@pytest.fixture
async def http(tmp_path: Path, library: Library, socket_enabled: None) -> AsyncGenerator[HttpClient]:
    """A client of a web server that serves pictures."""
    async with serve(library, tmp_path / "cache") as client:
        yield client


def painted(width: int, height: int, kind: str = "PNG", mode: str = "RGB", **options: object) -> bytes:
    """A picture of so many pixels."""
    made = BytesIO()
    Image.effect_noise((width, height), 40).convert(mode).save(made, kind, **options)
    return made.getvalue()


async def scanned(library: Library) -> str:
    """The id of the one album."""
    await library.scan()
    (album,) = (await library.get_albums()).items
    return album.album_id


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
async def test_sizes_are_rounded_up_and_keep_the_shape(
    sounds: Sounds, music: Path, library: Library, http: HttpClient, kind: str, mode: str
) -> None:
    """Rounded up to one of few, never larger than it is, in its shape."""
    if kind == "JPEG" and mode in ("RGBA", "P"):
        mode = "CMYK"
    sounds.put(music / "x.mp3", title="X", artist="A", album="B")
    (music / f"cover.{kind.lower()}").write_bytes(painted(800, 400, kind, mode))
    album = await scanned(library)
    for wanted, edge in (1, 64), (64, 64), (65, 128), (300, 512), (99_999, 1024):
        response = await http.get(f"/artwork/{album}", params={"size": wanted})
        assert (response.status, response.content_type) == (200, "image/jpeg")
        with Image.open(BytesIO(await response.read())) as small:
            assert small.size == (min(edge, 800), min(edge, 800) // 2)
            assert small.format == "JPEG"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'"


async def test_a_picture_is_served_as_it_is(sounds: Sounds, music: Path, library: Library, http: HttpClient) -> None:
    sounds.put(music / "x.flac", title="X", artist="A", album="B", picture=png())
    album = await scanned(library)
    response = await http.get(f"/artwork/{album}")
    assert (response.status, response.content_type) == (200, "image/png")
    assert await response.read() == png()
    assert (await http.get(f"/artwork/{album}", headers={"If-None-Match": response.headers["ETag"]})).status == 304


async def test_a_small_picture_is_made_once(
    sounds: Sounds, music: Path, library: Library, http: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small picture is kept until the large one changes."""
    sounds.put(music / "x.mp3", title="X", artist="A", album="B")
    cover = music / "cover.png"
    cover.write_bytes(painted(300, 300))
    album = await scanned(library)
    made: list[int | None] = []
    read = library.reader.picture

    async def remember(request: ReadPicture, version: str = "") -> Picture | None:
        made.append(request.edge)
        return await read(request, version)

    monkeypatch.setattr(library.reader, "picture", remember)
    first = await http.get(f"/artwork/{album}", params={"size": 100})
    second = await http.get(f"/artwork/{album}", params={"size": 128}, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status, second.status, made) == (200, 304, [128])
    cover.write_bytes(painted(200, 100))
    os.utime(cover, ns=(1, 1))
    await library.scan()
    third = await http.get(f"/artwork/{album}", params={"size": 100}, headers={"If-None-Match": first.headers["ETag"]})
    assert (third.status, made) == (200, [128, 128])
    assert await third.read() != await first.read()


@pytest.mark.parametrize(
    "content",
    [b"no picture", painted(300, 300)[:2_000], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(99)],
)
async def test_bytes_that_are_no_picture_are_not_found(
    sounds: Sounds, music: Path, library: Library, http: HttpClient, content: bytes
) -> None:
    sounds.put(music / "x.mp3", title="X", artist="A", album="B")
    (music / "cover.png").write_bytes(content)
    album = await scanned(library)
    assert (await http.get(f"/artwork/{album}", params={"size": 100})).status == 404


async def test_a_picture_with_too_many_pixels_is_not_found(
    sounds: Sounds, music: Path, library: Library, http: HttpClient
) -> None:
    """A few bytes that would become gigabytes are left alone."""
    sounds.put(music / "x.mp3", title="X", artist="A", album="B")
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert len(bomb.getvalue()) < 100_000
    (music / "cover.png").write_bytes(bomb.getvalue())
    album = await scanned(library)
    assert (await http.get(f"/artwork/{album}", params={"size": 100})).status == 404


@pytest.mark.parametrize("id_", ["al-unknown", "t-unknown", "..%2F..%2Fetc%2Fpasswd", "ge-1"])
async def test_unknown_ids_have_no_picture(
    sounds: Sounds, music: Path, library: Library, http: HttpClient, id_: str
) -> None:
    sounds.put(music / "x.mp3", title="X", artist="A", album="B")
    await scanned(library)
    assert (await http.get(f"/artwork/{id_}")).status == 404
    assert (await http.get(f"/artwork/{id_}", params={"size": 64})).status == 404


async def test_a_link_in_the_place_of_a_picture(
    sounds: Sounds, music: Path, tmp_path: Path, library: Library, http: HttpClient
) -> None:
    sounds.put(music / "a" / "x.mp3", title="X", artist="A", album="B")
    (music / "a" / "cover.png").write_bytes(png(1))
    album = await scanned(library)
    (tmp_path / "private.png").write_bytes(png(2))
    (music / "a" / "cover.png").unlink()
    (music / "a" / "cover.png").symlink_to(tmp_path / "private.png")
    assert (await http.get(f"/artwork/{album}")).status == 404
    (music / "a" / "cover.png").unlink()
    (music / "a").rename(tmp_path / "b")
    (tmp_path / "b" / "cover.png").write_bytes(png(2))
    (music / "a").symlink_to(tmp_path / "b")
    assert (await http.get(f"/artwork/{album}")).status == 404


def test_a_full_cache_drops_the_least_recently_used(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", 1_000)

    def put(name: str) -> None:
        path = cache.create_file()
        path.write_bytes(bytes(300))
        cache.keep(path, name)

    def age(name: str, seconds: int) -> None:
        path = tmp_path / "cache" / name
        os.utime(path, (seconds, path.stat().st_mtime))

    for seconds, name in enumerate(("first", "second", "third")):
        put(name)
        age(name, seconds)
    kept = cache.open("first")
    assert kept is not None
    kept.close()
    put("fourth")
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"first", "third", "fourth"}
    (tmp_path / "cache" / "unfinished-0").touch()
    # Another process, later: leftovers are removed, kept files count.
    cache = DiskCache(tmp_path / "cache", 1_000)
    put("fifth")
    assert len(list((tmp_path / "cache").iterdir())) == 3


async def test_a_broken_embedded_picture_is_replaced_by_the_one_beside(
    sounds: Sounds, music: Path, library: Library, http: HttpClient
) -> None:
    sounds.put(music / "x.mp3", title="X", artist="A", album="B", picture=painted(100, 100)[:500])
    (music / "cover.png").write_bytes(painted(300, 300))
    album = await scanned(library)
    response = await http.get(f"/artwork/{album}", params={"size": 64})
    assert response.status == 200
    with Image.open(BytesIO(await response.read())) as small:
        assert small.size == (64, 64)
