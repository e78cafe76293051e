"""Lyrics: of tags, of files beside the music, and of a service that is asked."""

from collections.abc import AsyncGenerator, Awaitable, Callable
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from hypothesis import given, strategies as st
from mutagen.id3 import ID3, SYLT, USLT
import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.lyrics import OnlineLyrics
from custom_components.moosicbox.engine.library.models import Lyrics
from custom_components.moosicbox.engine.library.reader.lyrics import MAX_LINE, MAX_LINES, parse_text
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound
from script.lib.sounds import FORMATS, Sounds

LRC = "[ti:X]\n[offset:+500]\n[00:12.50][01:02.5]Chorus\n[00:10.00]<00:10.00>First <00:10.80>line\n\n[0:15]\n"
TIMED = [("First line", 9.5), ("Chorus", 12.0), ("", 14.5), ("Chorus", 62.0)]


async def lyrics_of(library: Library) -> Lyrics:
    await library.scan()
    (track,) = (await library.get_tracks()).items
    return await library.lyrics(track.track_id)


def lines(lyrics: Lyrics) -> list[tuple[str, Any]]:
    return [(line.text, line.seconds) for line in lyrics.lines]


def texts(lyrics: Lyrics) -> list[str]:
    return [line.text for line in lyrics.lines]


def test_lrc_in_all_its_forms() -> None:
    found = parse_text(LRC, "file")
    assert found is not None
    assert found.synced
    assert [(line.text, line.seconds) for line in found.lines] == TIMED


@given(st.text(alphabet=st.sampled_from("[]<>:.0123456789ab\n +-offset"), max_size=400))
def test_any_text_is_lyrics_in_order_or_none(text: str) -> None:
    found = parse_text(text, "file")
    if found is not None and found.synced:
        times = [line.seconds for line in found.lines]
        assert None not in times
        assert times == sorted(times, key=lambda time: time or 0)
    elif found is not None:
        assert all(line.seconds is None for line in found.lines)
        assert found.lines[0].text
        assert found.lines[-1].text


def test_endless_lyrics_are_cut() -> None:
    found = parse_text("".join(f"[{n // 60}:{n % 60:02}]{'x' * 2_000}\n" for n in range(5_000)), "file")
    assert found is not None
    assert len(found.lines) == MAX_LINES
    assert {len(line.text) for line in found.lines} == {MAX_LINE}


@pytest.mark.parametrize("kind", FORMATS)
async def test_plain_lyrics_of_tags(kind: str, sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / f"x.{FORMATS[kind][0]}", kind, lyrics="one\n\ntwo")
    found = await lyrics_of(library)
    assert (found.source, found.synced, texts(found)) == ("embedded", False, ["one", "", "two"])


@pytest.mark.parametrize("kind", FORMATS)
async def test_lrc_text_in_tags(kind: str, sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / f"x.{FORMATS[kind][0]}", kind, lyrics=LRC)
    found = await lyrics_of(library)
    assert (found.source, found.synced, lines(found)) == ("embedded", True, TIMED)


def put_sylt(path: Path, *texts: tuple[str, int], **fields: Any) -> None:
    tags = ID3(path)
    tags.add(USLT(text="plain"))
    tags.add(SYLT(**{"format": 2, "type": 1, "text": list(texts), **fields}))
    tags.save(path)


async def test_synchronised_frames_by_line_and_by_word(sounds: Sounds, music: Path, library: Library) -> None:
    path = sounds.put(music / "x.mp3", title="X")
    put_sylt(path, ("Hey", 1_000), ("you", 2_500))
    assert lines(await lyrics_of(library)) == [("Hey", 1.0), ("you", 2.5)]
    path.unlink()
    put_sylt(sounds.put(path, title="X"), ("\nHey ", 1_000), ("you", 1_400), ("\nthere", 2_500))
    assert lines(await lyrics_of(library)) == [("Hey you", 1.0), ("there", 2.5)]


@pytest.mark.parametrize("fields", [{"format": 1}, {"type": 3}])
async def test_frames_that_are_no_timed_lyrics(
    fields: dict[str, int], sounds: Sounds, music: Path, library: Library
) -> None:
    put_sylt(sounds.put(music / "x.mp3", title="X"), ("Hey", 1_000), **fields)
    assert texts(await lyrics_of(library)) == ["plain"]


async def test_a_huge_synchronised_frame_is_left_out(sounds: Sounds, music: Path, library: Library) -> None:
    put_sylt(sounds.put(music / "x.mp3", title="X"), *((f"line {n}", n) for n in range(20_000)))
    assert texts(await lyrics_of(library)) == ["plain"]
    assert library.unreadable == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_a_file_beside_the_music_counts_first(
    encoding: str, sounds: Sounds, music: Path, library: Library
) -> None:
    sounds.put(music / "x.flac", lyrics="[00:01.00]inside")
    (music / "x.lrc").write_bytes("[00:02.00]Größe".encode(encoding))
    found = await lyrics_of(library)
    assert (found.source, lines(found)) == ("file", [("Größe", 2.0)])


async def test_timed_tags_count_before_a_plain_file(sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / "x.flac", lyrics="[00:01.00]inside")
    (music / "x.lrc").write_text("beside")
    assert (await lyrics_of(library)).source == "embedded"


async def test_a_link_beside_the_music_is_not_followed(
    sounds: Sounds, music: Path, library: Library, tmp_path: Path
) -> None:
    sounds.put(music / "x.flac", title="X")
    (tmp_path / "secret").write_text("[00:01.00]secret")
    (music / "x.lrc").symlink_to(tmp_path / "secret")
    assert await lyrics_of(library) == Lyrics(track_id=(await library.get_tracks()).items[0].track_id)


async def test_an_unknown_track(library: Library) -> None:
    with pytest.raises(TrackNotFound):
        await library.lyrics("t-nothing")


type Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[list[dict[str, str]]]]


@pytest.fixture
async def serve(library: Library, socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Serve]:
    """Let the library ask a server that answers as a function does; return its questions."""
    servers: list[TestServer] = []
    async with ClientSession() as session:

        async def start(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> list[dict[str, str]]:
            asked: list[dict[str, str]] = []

            async def handle(request: web.Request) -> web.StreamResponse:
                asked.append(dict(request.query))
                return await answer(request)

            app = web.Application()
            app.router.add_get("/api/get", handle)
            servers.append(server := TestServer(app))
            await server.start_server()
            online = OnlineLyrics(library.reader, lambda: session, str(server.make_url("/api/get")))
            monkeypatch.setattr(library, "_online_lyrics", online)
            await library.configure(library.folders, 0, online_lyrics=True)
            return asked

        yield start
    for server in servers:
        await server.close()


def answering(body: Any, status: int = 200) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body if isinstance(body, bytes) else json.dumps(body).encode(), status=status)

    return answer


async def test_the_service_is_asked_once(sounds: Sounds, music: Path, library: Library, serve: Serve) -> None:
    sounds.put(music / "x.flac", title="So What", artist="Miles Davis", album="Kind of Blue")
    asked = await serve(answering({"plainLyrics": "a", "syncedLyrics": "[00:01.00] a"}))
    for _ in range(2):
        found = await lyrics_of(library)
        assert (found.source, lines(found)) == ("online", [("a", 1.0)])
    assert asked == [
        {"track_name": "So What", "artist_name": "Miles Davis", "album_name": "Kind of Blue", "duration": "1"}
    ]


async def test_lyrics_of_the_file_are_replaced_by_timed_ones_only(
    sounds: Sounds, music: Path, library: Library, serve: Serve
) -> None:
    sounds.put(music / "x.flac", title="X", artist="Y", lyrics="inside")
    await serve(answering({"plainLyrics": "other", "syncedLyrics": None}))
    assert (await lyrics_of(library)).source == "embedded"


async def test_the_service_is_not_asked_unless_it_is_switched_on_and_needed(
    sounds: Sounds, music: Path, library: Library, serve: Serve
) -> None:
    sounds.put(music / "x.flac", title="X", artist="Y", lyrics="[00:01.00]inside")
    asked = await serve(answering({"syncedLyrics": "[00:01.00] a"}))
    await lyrics_of(library)
    (music / "x.flac").unlink()
    sounds.put(music / "x.flac", title="X", artist="Y")
    await library.configure(library.folders, 0, online_lyrics=False)
    assert (await lyrics_of(library)).source is None
    assert asked == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({}, 404, id="unknown"),
        pytest.param({}, 500, id="error"),
        pytest.param(b"not json", 200, id="no JSON"),
        pytest.param({"syncedLyrics": 3}, 200, id="other types"),
        pytest.param(b" " * 1_000_000, 200, id="too large"),
        pytest.param({}, 200, id="empty"),
    ],
)
async def test_answers_that_hold_no_lyrics(
    body: Any, status: int, sounds: Sounds, music: Path, library: Library, serve: Serve
) -> None:
    sounds.put(music / "x.flac", title="X", artist="Y")
    await serve(answering(body, status))
    assert (await lyrics_of(library)).lines == ()
    assert library.unreadable == ()
