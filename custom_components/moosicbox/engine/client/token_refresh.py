"""Renews a session's token before it expires."""

import asyncio
from datetime import UTC, datetime
import logging
from typing import Final

from ..protocol.client import Refresh
from ..protocol.errors import HubError
from .config import ClientConfig
from .errors import RequestTimedOut
from .requests import Requests

_LOGGER = logging.getLogger(__name__)

MARGIN: Final = 60.0
"""Seconds before the expiry at which a new token is requested."""
MIN_WAIT: Final = 30.0
MAX_WAIT: Final = 86_400.0
"""Seconds after which the clock is read again, so that one that was set is noticed."""


class TokenRefresh:
    """Keeps the token of the current session valid, where the configuration can fetch new ones."""

    def __init__(self, config: ClientConfig, requests: Requests) -> None:
        self._config = config
        self._requests = requests

    async def run(self, expires_at: str | None) -> None:
        """Renew the token whenever it is about to expire; never returns.

        Args:
            expires_at: When the session's token expires (ISO 8601); `None` for a token without expiry.
        """
        if self._config.get_token is not None:
            while expires_at is not None:
                wait = wait_until_due(expires_at, datetime.now(UTC))
                await asyncio.sleep(wait)
                if wait < MAX_WAIT:
                    expires_at = await self._renew()
        await asyncio.Event().wait()

    async def _renew(self) -> str | None:
        try:
            token = await self._config.fetch_token(fresh=True)
            answer = await self._requests.request(Refresh(token=token or ""))
        except (HubError, RequestTimedOut, OSError) as error:
            # The hub closes the session with 4505 when the token expires; reconnecting fetches a fresh one then.
            _LOGGER.warning("The token could not be renewed: %s", error)
            return None
        expires_at: str | None = answer.get("expires_at")
        return expires_at


def wait_until_due(expires_at: str, now: datetime) -> float:
    """Return the seconds until a token that expires at `expires_at` (ISO 8601) should be renewed."""
    due = (datetime.fromisoformat(expires_at) - now).total_seconds() - MARGIN
    return min(MAX_WAIT, max(MIN_WAIT, due))
