"""Fetches the feeds of podcasts, within limits of size, time and redirections."""

from collections.abc import Callable
from typing import Final

from aiohttp import ClientError, ClientTimeout, hdrs
from aiohttp.http_exceptions import HttpProcessingError
from msgspec import Struct

from ...checked_requests import MAX_REDIRECTIONS, REDIRECTIONS, open_response
from ...fetching import USER_AGENT, FetchFailed, SessionFactory, read_bounded
from ...playback.addresses import is_http_url
from ...protocol.errors import HubError

TIMEOUT: Final = ClientTimeout(total=30, connect=5, sock_read=15)
"""Seconds for one address."""
MAX_BYTES: Final = 8 * 1024 * 1024
"""Most bytes of a feed, uncompressed."""
MAX_VALIDATOR: Final = 500
"""Characters of an ETag or a date that is sent back."""


class FetchedFeed(Struct, frozen=True, kw_only=True):
    """A feed, with the validators that a later conditional request sends. `data` is None if it hasn't changed."""

    data: bytes | None
    etag: str = ""
    modified: str = ""


class FeedFetcher:
    """Fetches documents of podcasts.

    Args:
        session: Returns the HTTP session.
        require_allowed: Raises HubError for an address that must not be requested; called for each redirection, too.
    """

    def __init__(self, session: SessionFactory, require_allowed: Callable[[str], None]) -> None:
        self._session = session
        self._require_allowed = require_allowed

    async def fetch(self, url: str, etag: str = "", modified: str = "", max_bytes: int = MAX_BYTES) -> FetchedFeed:
        """Return the document at an http(s) address.

        Args:
            url: The address.
            etag: The ETag of the known document; empty without one.
            modified: The `Last-Modified` of the known document; empty without one.
            max_bytes: The largest document that is accepted.

        Raises:
            FetchFailed: The address isn't allowed, the request failed, or the document is too large.
        """
        known = {str(hdrs.IF_NONE_MATCH): etag, str(hdrs.IF_MODIFIED_SINCE): modified}
        headers = {str(hdrs.USER_AGENT): USER_AGENT, **{name: value for name, value in known.items() if value}}
        try:
            return await self._request(url, headers, max_bytes)
        except HubError as error:
            raise FetchFailed(str(error)) from error
        except (ClientError, HttpProcessingError, TimeoutError, OSError, ValueError) as error:
            # The message of an error may contain the address.
            raise FetchFailed(type(error).__name__) from error

    def _require_fetchable(self, url: str) -> None:
        if not is_http_url(url):
            raise FetchFailed("The address isn't an http or https URL")
        self._require_allowed(url)

    async def _request(self, url: str, headers: dict[str, str], max_bytes: int) -> FetchedFeed:
        async with open_response(
            self._session(), url, self._require_fetchable, timeout=TIMEOUT, headers=headers
        ) as response:
            if response.status in REDIRECTIONS and hdrs.LOCATION in response.headers:
                raise FetchFailed(f"There are more than {MAX_REDIRECTIONS} redirections")
            if response.status == 304:
                return FetchedFeed(data=None)
            if response.status != 200:
                raise FetchFailed(f"The status of the response is {response.status}")
            return FetchedFeed(
                data=await read_bounded(response, max_bytes),
                etag=response.headers.get(hdrs.ETAG, "")[:MAX_VALIDATOR],
                modified=response.headers.get(hdrs.LAST_MODIFIED, "")[:MAX_VALIDATOR],
            )
