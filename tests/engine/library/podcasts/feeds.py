"""Feeds of podcasts, and a server that sends them, also hostile ones."""

import asyncio
import gzip

from aiohttp import web
from aiohttp.test_utils import TestServer

NAMESPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:podcast="https://podcastindex.org/namespace/1.0"'
)
COVER = "http://podcast.example/cover.jpg"
DAYS = ("Sun, 01 Nov 2026", "Mon, 02 Nov 2026", "Tue, 03 Nov 2026", "Wed, 04 Nov 2026")


def episode(number: int, *, guid: str | None = None, title: str | None = None) -> str:
    """Return an episode of a feed, an hour long."""
    return (
        f"<item><title>{title or f'Tide {number}'}</title><guid>{guid or f'tide-{number}'}</guid>"
        f"<pubDate>{DAYS[number % len(DAYS)]} 06:00:00 GMT</pubDate><itunes:duration>1:00:00</itunes:duration>"
        f"<description>About &lt;b&gt;tides&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;and moons</description>"
        f'<enclosure url="http://podcast.example/{number}.mp3" type="audio/mpeg" length="1"/></item>'
    )


def feed(*episodes: str, title: str = "Tidal Tales", cover: str = COVER) -> bytes:
    """Return a feed."""
    return (
        f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}><channel><title>{title}</title>'
        f"<description>Tales of the sea</description><itunes:author>Ana</itunes:author>"
        f'<itunes:image href="{cover}"/>{"".join(episodes)}</channel></rss>'
    ).encode()


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(9))
    + b"]><rss><channel><title>&j;</title></channel></rss>"
)
"""Entities that would become a thousand million letters."""


class Publisher:
    """A server of feeds: `body` is the podcast's; other paths are hostile."""

    def __init__(self) -> None:
        self.body = feed(episode(1), episode(2))
        self.status = 200
        self.etag = ""
        self.requested: list[str] = []
        self.unchanged = 0
        app = web.Application()
        app.router.add_get("/feed.xml", self._feed)
        app.router.add_get("/endless", self._endless)
        app.router.add_get("/zipped", self._zipped)
        app.router.add_get("/circle", self._circle)
        app.router.add_get("/moved", self._moved)
        app.router.add_get("/away", self._away)
        app.router.add_get("/bomb", self._bomb)
        app.router.add_get("/page", self._page)
        app.router.add_get("/file", self._file)
        self.server = TestServer(app)

    def url(self, path: str = "/feed.xml") -> str:
        return str(self.server.make_url(path))

    async def _feed(self, request: web.Request) -> web.Response:
        self.requested.append(request.path)
        headers = {"ETag": self.etag} if self.etag else {}
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            self.unchanged += 1
            return web.Response(status=304, headers=headers)
        return web.Response(body=self.body, status=self.status, content_type="application/rss+xml", headers=headers)

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"<item>" * 100_000)
            await asyncio.sleep(0)

    async def _zipped(self, _request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(bytes(32 * 1024 * 1024)), headers={"Content-Encoding": "gzip"})

    async def _circle(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound("/circle")

    async def _moved(self, _request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently("/feed.xml")

    async def _away(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound("http://forbidden.example/feed.xml")

    async def _file(self, _request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "file:///etc/passwd"})

    async def _bomb(self, _request: web.Request) -> web.Response:
        return web.Response(body=BOMB)

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text="<html><body>No feed", content_type="text/html")
