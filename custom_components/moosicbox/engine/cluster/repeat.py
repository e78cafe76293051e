"""The loops of a node: a step that is repeated until it is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final

from .bus import BusUnavailable

_LOGGER = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.25
"""How long a loop waits after a failure, such as Redis being unavailable."""


async def repeat(step: Callable[[], Awaitable[None]]) -> None:
    """Run `step` repeatedly until cancelled. Failures are logged, except that the bus is unavailable."""
    while True:
        try:
            await step()
        except BusUnavailable:
            await asyncio.sleep(RETRY_SECONDS)
        except Exception:
            _LOGGER.exception("A step of a cluster node failed")
            await asyncio.sleep(RETRY_SECONDS)
