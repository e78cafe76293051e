"""What only Home Assistant has: its media and pictures are fetched there for players that know this node alone."""

from collections.abc import Callable
import logging
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs, web
from yarl import URL

from ..protocol.errors import Unavailable
from ..transport.admission import RETRY_SECONDS
from ..transport.responses import error_response

_LOGGER = logging.getLogger(__name__)

PUBLIC_PATHS: Final = ("/local/", "/api/tts_proxy/", "/api/moosicbox/artwork/", "/api/moosicbox/tracks/")
"""Beside these only signed addresses are passed on."""
SIGNATURE: Final = "authSig"
REQUEST_HEADERS: Final = (hdrs.RANGE, hdrs.IF_RANGE, hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE, hdrs.ACCEPT)
RESPONSE_HEADERS: Final = (
    *(hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH, hdrs.CONTENT_RANGE, hdrs.ACCEPT_RANGES, hdrs.CACHE_CONTROL),
    *(hdrs.ETAG, hdrs.LAST_MODIFIED, hdrs.CONTENT_SECURITY_POLICY, "X-Content-Type-Options"),
)
TIMEOUT: Final = ClientTimeout(total=None, sock_connect=5, sock_read=30)
CHUNK: Final = 65_536


class Relay:
    """Fetches from Home Assistant. `home` is where that is, as far as it is known."""

    def __init__(self, home: Callable[[], str | None]) -> None:
        """Nothing is open yet."""
        self._home = home
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """What Home Assistant answers to this; nothing but reading, and no credentials, goes there."""
        # As it is asked there: dots may lead elsewhere.
        path = URL("http://home").join(request.rel_url).path
        if not (path == request.path and path.startswith(PUBLIC_PATHS)) and SIGNATURE not in request.query:
            raise web.HTTPNotFound
        if (home := self._home()) is None:
            return _away()
        if self._session is None:
            self._session = ClientSession(timeout=TIMEOUT, auto_decompress=False)
        address = URL(home).origin().join(request.rel_url)
        asked = {name: request.headers[name] for name in REQUEST_HEADERS if name in request.headers}
        asked[hdrs.ACCEPT_ENCODING] = "identity"
        response: web.StreamResponse | None = None
        try:
            async with self._session.request(request.method, address, headers=asked, allow_redirects=False) as answer:
                told = {name: answer.headers[name] for name in RESPONSE_HEADERS if name in answer.headers}
                response = web.StreamResponse(status=answer.status, headers=told)
                await response.prepare(request)
                async for chunk in answer.content.iter_chunked(CHUNK):
                    await response.write(chunk)
                await response.write_eof()
        except (ClientError, TimeoutError) as error:
            _LOGGER.debug("Home Assistant doesn't answer: %r", error)
            if response is None or not response.prepared:
                return _away()
            # Too late for another answer: what breaks off isn't taken for whole.
            if request.transport is not None:
                request.transport.abort()
        return response


def _away() -> web.Response:
    return error_response(Unavailable("Home Assistant is away: only it has this", retry_after=RETRY_SECONDS))
