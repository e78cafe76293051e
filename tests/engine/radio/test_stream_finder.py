"""Streams at addresses, over real sockets: playlists are followed, and other things refused with a reason."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.moosicbox.engine.protocol.errors import HubError, NotSupported, TrackNotFound
from custom_components.moosicbox.engine.radio.playlist import MAX_ENTRIES, parse_playlist
from custom_components.moosicbox.engine.radio.stream_finder import MAX_PLAYLIST_BYTES, MAX_TRIED, StreamFinder

type Respond = Callable[[web.Request], web.StreamResponse]

M3U = "audio/x-mpegurl"
PLS = "audio/x-scpls"


class Station:
    """A radio station: paths with a body and a media type, and the paths that were requested."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, str, bytes]] = {}
        self.requested: list[str] = []
        self.server = TestServer(self._app())

    def page(self, path: str, body: str | bytes = b"", media_type: str = "audio/mpeg", status: int = 200) -> str:
        """Serve a page and return its address."""
        self.pages[path] = (status, media_type, body.encode() if isinstance(body, str) else body)
        return str(self.server.make_url(path))

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/endless", self._endless)
        app.router.add_get("/moved", self._moved)
        app.router.add_get("/{path:.*}", self._respond)
        return app

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        self.requested.append(request.path)
        status, media_type, body = self.pages.get(request.path, (404, "text/plain", b""))
        return web.Response(status=status, body=body, headers={"Content-Type": media_type} if media_type else {})

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "audio/aac"})
        await response.prepare(request)
        while True:
            await response.write(b"\0" * 1_000)
            await asyncio.sleep(0)

    async def _moved(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/lists/radio.m3u")


@pytest.fixture
async def station(socket_enabled: None) -> AsyncGenerator[Station]:
    station = Station()
    await station.server.start_server()
    yield station
    await station.server.close()


async def found(url: str) -> str:
    return (await StreamFinder().find(url)).url


@pytest.mark.parametrize("path", ["/song.mp3", "/a/b/Live.AAC", "/x.flac?y=1"])
async def test_an_address_of_sound_is_left_to_the_player(station: Station, path: str) -> None:
    assert await found(station.url(path)) == station.url(path)
    assert station.requested == []


async def test_a_stream_without_an_end_is_only_looked_at(station: Station) -> None:
    assert await found(station.url("/endless")) == station.url("/endless")


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [
        ("/radio.m3u", M3U, "#EXTM3U\n#EXTINF:-1,Jazz FM\n{first}\n{second}\n"),
        ("/radio.m3u", "text/plain", "{first}\r\n"),
        ("/radio.m3u", "application/octet-stream", "\ufeff\r\n  {first}  \r\n"),
        ("/radio.pls", PLS, "[playlist]\nNumberOfEntries=2\nFile2={second}\nTitle1=Jazz FM\nFile1={first}\nVersion=2"),
        ("/radio.pls", "text/plain", "[Playlist]\r\nfile1 = {first}\r\n"),
        ("/tune", "audio/mpegurl; charset=utf-8", "{first}"),
        ("/tune.php", PLS, "[playlist]\nFile1={first}\n"),
        ("/tune", M3U, "[playlist]\nFile1={first}\n"),
        ("/radio.M3U", M3U, "stream"),
    ],
)
async def test_a_playlist_is_followed_to_its_first_stream(
    station: Station, path: str, media_type: str, body: str
) -> None:
    first, second = station.page("/stream", b"sound"), station.page("/second", b"sound")
    url = station.page(path, body.format(first=first, second=second), media_type)
    stream = await StreamFinder().find(url)
    assert stream.url == first
    assert stream.title == ("Jazz FM" if "Jazz FM" in body else None)


async def test_entries_that_do_not_answer_are_skipped(station: Station) -> None:
    entries = [
        "http://127.0.0.1:9/nothing",
        station.url("/missing"),
        station.page("/page", "<html>", "text/html"),
        station.url("/list.xspf"),
        station.page("/stream"),
    ]
    assert await found(station.page("/radio.m3u", "\n".join(entries), M3U)) == station.url("/stream")


async def test_only_the_first_entries_are_tried(station: Station) -> None:
    entries = [station.url(f"/missing/{number}") for number in range(MAX_TRIED)]
    with pytest.raises(TrackNotFound, match="None of the first 5 entries"):
        await found(station.page("/radio.m3u", "\n".join([*entries, station.page("/stream")]), M3U))
    assert len(station.requested) == 1 + MAX_TRIED


async def test_playlists_may_lead_to_each_other_but_not_in_circles(station: Station) -> None:
    inner = station.page("/inner.pls", f"[playlist]\nFile1={station.page('/stream')}", PLS)
    assert await found(station.page("/outer.m3u", inner, M3U)) == station.url("/stream")
    circle = station.page("/circle.m3u", station.url("/circle.m3u"), M3U)
    with pytest.raises(TrackNotFound):
        await found(circle)
    assert station.requested.count("/circle.m3u") < 10


async def test_entries_are_relative_to_where_the_playlist_was_found(station: Station) -> None:
    station.page("/lists/live/a", b"sound")
    station.page("/lists/radio.m3u", "live/a", M3U)
    assert await found(station.url("/moved")) == station.url("/lists/live/a")


async def test_an_hls_stream_is_left_to_the_player(station: Station) -> None:
    url = station.page("/live.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n1.ts\n", "application/vnd.apple.mpegurl")
    assert await found(url) == url


@pytest.mark.parametrize(
    ("path", "media_type", "body", "status", "error", "reason"),
    [
        ("/page", "text/html", "<html>", 200, NotSupported, "is text/html, not sound"),
        ("/picture", "image/png", b"", 200, NotSupported, "image/png"),
        ("/json", "application/json", "{}", 200, NotSupported, "application/json"),
        ("/list.asx", "video/x-ms-asf", "<asx>", 200, NotSupported, "is ASX"),
        ("/list.xspf", "application/xspf+xml", "<playlist>", 200, NotSupported, "is XSPF"),
        ("/tune", "application/xspf+xml", "<playlist>", 200, NotSupported, "is XSPF"),
        ("/old.ram", "audio/x-pn-realaudio", "pnm://", 200, NotSupported, "RealAudio"),
        ("/old", "audio/x-pn-realaudio", "pnm://", 200, NotSupported, "RealAudio"),
        ("/radio.m3u", M3U, "<asx version='3'>", 200, NotSupported, "an unknown format"),
        ("/radio.m3u", M3U, b"\0\1\2", 200, NotSupported, "an unknown format"),
        ("/radio.m3u", M3U, b"a" * (MAX_PLAYLIST_BYTES + 1), 200, NotSupported, "too long"),
        ("/radio.m3u", M3U, "", 200, TrackNotFound, "names no stream"),
        (
            "/radio.m3u",
            M3U,
            "C:\\Music\\a.mp3\nfile:///etc/passwd\nrtsp://x/y\n",
            200,
            TrackNotFound,
            "names no stream",
        ),
        ("/radio.pls", PLS, "[playlist]\nNumberOfEntries=0\n", 200, TrackNotFound, "names no stream"),
        ("/radio.m3u", "text/html", "gone", 404, TrackNotFound, "status 404"),
        ("/live", "audio/mpeg", b"", 503, TrackNotFound, "status 503"),
    ],
)
async def test_what_cannot_be_played_is_refused_with_a_reason(
    station: Station,
    path: str,
    media_type: str,
    body: str | bytes,
    status: int,
    error: type[HubError],
    reason: str,
) -> None:
    with pytest.raises(error, match=reason):
        await found(station.page(path, body, media_type, status))


async def test_an_address_that_cannot_be_reached_is_left_to_the_player(station: Station) -> None:
    """A player may reach it. A playlist is of no use to players."""
    assert await found("http://127.0.0.1:9/live") == "http://127.0.0.1:9/live"
    with pytest.raises(TrackNotFound, match="can't be read"):
        await found("http://127.0.0.1:9/radio.pls")


async def test_a_server_that_speaks_no_http_is_left_to_the_player(socket_enabled: None) -> None:
    """Old servers of web radio answer with `ICY 200 OK`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"ICY 200 OK\r\nicy-name: Jazz\r\n\r\n" + b"\0" * 100)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        assert await found(f"http://127.0.0.1:{port}/") == f"http://127.0.0.1:{port}/"


async def test_the_streams_of_a_file_are_found(station: Station) -> None:
    stream = station.page("/stream")
    assert (await StreamFinder().find_in(f"#EXTM3U\n{stream}".encode(), "Radio.m3u")).url == stream
    for data in b"song.mp3\n../other.mp3\n", b"", b"\0", b"<xml>":
        with pytest.raises(NotSupported, match="a playlist of files"):
            await StreamFinder().find_in(data, "Songs.m3u")


def test_a_playlist_is_bounded() -> None:
    playlist = parse_playlist("\n".join(f"http://x/{number}" for number in range(10_000)).encode(), "http://x/")
    assert playlist is not None
    assert len(playlist.urls) == MAX_ENTRIES


def test_a_playlist_in_latin_letters_is_read() -> None:
    playlist = parse_playlist("#EXTM3U\n#EXTINF:-1,Möhre\nhttp://x/".encode("latin-1"), "http://x/")
    assert playlist is not None
    assert (playlist.title, playlist.urls) == ("Möhre", ("http://x/",))


async def test_only_allowed_addresses_are_requested(station: Station) -> None:
    """Neither the address itself, nor an entry of a playlist, nor a redirection leads elsewhere."""

    def require_allowed(url: str) -> None:
        if "/private" in url or "/lists/" in url:
            raise NotSupported("This address needs a login")

    finder = StreamFinder(require_allowed=require_allowed)
    live = station.page("/live")
    for address in station.page("/private.mp3"), station.page("/private"), station.url("/moved"):
        with pytest.raises(NotSupported, match="needs a login"):
            await finder.find(address)
    playlist = station.page("/radio.m3u", f"{station.url('/private')}\n{live}", M3U)
    assert (await finder.find(playlist)).url == live
    assert station.requested == ["/radio.m3u", "/live"]
