"""Relays media and pictures from Home Assistant to players that can reach only this node."""

from collections.abc import Callable
import logging
import re
import time
from typing import Final, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout, hdrs, web
from yarl import URL

from ..library.models import STREAM_PATH
from ..library.seal import PATH, Seal
from ..protocol.errors import Unavailable
from ..transport.admission import RETRY_SECONDS
from ..transport.responses import error_response

_LOGGER = logging.getLogger(__name__)

STREAM: Final = re.compile(re.escape(STREAM_PATH).replace(r"\{track_id\}", "([^/]+)"))
REQUEST_HEADERS: Final = (hdrs.RANGE, hdrs.IF_RANGE, hdrs.IF_NONE_MATCH, hdrs.IF_MODIFIED_SINCE, hdrs.ACCEPT)
RESPONSE_HEADERS: Final = (
    *(hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH, hdrs.CONTENT_RANGE, hdrs.ACCEPT_RANGES, hdrs.CACHE_CONTROL),
    *(hdrs.ETAG, hdrs.LAST_MODIFIED, hdrs.CONTENT_SECURITY_POLICY, "X-Content-Type-Options"),
)
TIMEOUT: Final = ClientTimeout(total=None, sock_connect=5, sock_read=30)
CHUNK: Final = 65_536


class HomeAssistant(NamedTuple):
    """The address of Home Assistant, as it shares it with nodes."""

    url: str
    run: str
    """The id of Home Assistant's run, which is part of the addresses that it has signed."""


class Relay:
    """Fetches from Home Assistant, for GET and HEAD requests.

    Only addresses that Home Assistant's hub has made, and that haven't expired, are fetched: otherwise a client could
    reach pages without a login through the node, and wrong requests would get the node banned.
    """

    def __init__(self, home_assistant: Callable[[], HomeAssistant | None], seal: Seal) -> None:
        """Create a relay.

        Args:
            home_assistant: Returns the address of Home Assistant, or `None` while it is unknown.
            seal: Checks addresses.

        """
        self._home_assistant = home_assistant
        self._seal = seal
        self._session: ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Return Home Assistant's response. No credentials are forwarded.

        Raises:
            HTTPNotFound: Home Assistant's hub hasn't made this address, or it has expired.
        """
        home_assistant = self._home_assistant()
        if not self._is_attested(request.rel_url, None if home_assistant is None else home_assistant.run):
            raise web.HTTPNotFound
        if home_assistant is None:
            return _unavailable()
        if self._session is None:
            self._session = ClientSession(timeout=TIMEOUT, auto_decompress=False)
        address = URL(home_assistant.url).origin().join(request.rel_url)
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
            # The status is sent already: abort, so that the client doesn't take the partial body for a complete one.
            if request.transport is not None:
                request.transport.abort()
        return response

    def _is_attested(self, url: URL, run: str | None) -> bool:
        now = time.time()
        if url.path.startswith(PATH):
            return self._seal.verify_artwork(url.path.removeprefix(PATH)) is not None
        if (stream := STREAM.fullmatch(url.path)) is not None:
            until, signature = url.query.get("until", ""), url.query.get("sig", "")
            return self._seal.verify_stream(stream[1], url.query.get("format"), until, signature, now)
        return run is not None and self._seal.verify_relay(url, run, now)


def _unavailable() -> web.Response:
    return error_response(
        Unavailable("Home Assistant is offline, and only it has this media item", retry_after=RETRY_SECONDS)
    )
