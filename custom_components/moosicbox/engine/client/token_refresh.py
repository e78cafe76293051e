"""Renews a session's token before it expires."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

MARGIN: Final = 60.0
"""Seconds before the end at which a new token is asked for."""
MIN_WAIT: Final = 30.0
MAX_WAIT: Final = 86_400.0


def wait_until_due(expires_at: str, now: datetime) -> float:
    """Seconds until a token that ends at `expires_at` (ISO 8601) should be renewed."""
    due = (datetime.fromisoformat(expires_at) - now).total_seconds() - MARGIN
    return min(MAX_WAIT, max(MIN_WAIT, due))


async def refresh_before_expiry(expires_at: str, renew: Callable[[], Awaitable[str | None]]) -> None:
    """Call `renew` in time, again and again; it answers when the new token ends, None for never."""
    end: str | None = expires_at
    while end is not None:
        wait = wait_until_due(end, datetime.now(UTC))
        await asyncio.sleep(wait)
        if wait < MAX_WAIT:
            end = await renew()
