"""Relays media and pictures that only Home Assistant has to players that know only this node's address."""

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
"""Paths that need no signature; of all others only signed addresses are relayed."""
SIGNATURE: Final = "authSig"
REQUEST_HEADERS: Final = (hdrs.RANGE, hdrs.IF_RANGE, hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE, hdrs.ACCEPT)
RESPONSE_HEADERS: Final = (
    *(hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH, hdrs.CONTENT_RANGE, hdrs.ACCEPT_RANGES, hdrs.CACHE_CONTROL),
    *(hdrs.ETAG, hdrs.LAST_MODIFIED, hdrs.CONTENT_SECURITY_POLICY, "X-Content-Type-Options"),
)
TIMEOUT: Final = ClientTimeout(total=None, sock_connect=5, sock_read=30)
CHUNK: Final = 65_536


class Relay:
    """Fetches from Home Assistant, for GET and HEAD requests."""

    def __init__(self, home_assistant_url: Callable[[], str | None]) -> None:
        """Create a relay; the function returns Home Assistant's address, or `None` while it is unknown."""
        self._home_assistant_url = home_assistant_url
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Return Home Assistant's response. No credentials are forwarded.

        Raises:
            HTTPNotFound: The path is neither public nor signed.
        """
        # The path as Home Assistant will see it: dot segments may lead elsewhere.
        path = URL("http://host").join(request.rel_url).path
        if not (path == request.path and path.startswith(PUBLIC_PATHS)) and SIGNATURE not in request.query:
            raise web.HTTPNotFound
        if (base := self._home_assistant_url()) is None:
            return _unavailable()
        if self._session is None:
            self._session = ClientSession(timeout=TIMEOUT, auto_decompress=False)
        address = URL(base).origin().join(request.rel_url)
        headers = {name: request.headers[name] for name in REQUEST_HEADERS if name in request.headers}
        headers[hdrs.ACCEPT_ENCODING] = "identity"
        response: web.StreamResponse | None = None
        try:
            async with self._session.request(request.method, address, headers=headers, allow_redirects=False) as answer:
                answered = {name: answer.headers[name] for name in RESPONSE_HEADERS if name in answer.headers}
                response = web.StreamResponse(status=answer.status, headers=answered)
                await response.prepare(request)
                async for chunk in answer.content.iter_chunked(CHUNK):
                    await response.write(chunk)
                await response.write_eof()
        except (ClientError, TimeoutError) as error:
            _LOGGER.debug("Home Assistant doesn't answer: %r", error)
            if response is None or not response.prepared:
                return _unavailable()
            # The status is sent already: abort, so that the client doesn't take the part for the whole.
            if request.transport is not None:
                request.transport.abort()
        return response


def _unavailable() -> web.Response:
    return error_response(
        Unavailable("Home Assistant is offline, and only it has this medium", retry_after=RETRY_SECONDS)
    )
