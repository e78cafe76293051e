"""Tasks of which one replaces another."""

import asyncio
from collections.abc import Coroutine
from typing import Any


def replace_task(
    running: asyncio.Task[None] | None, work: Coroutine[Any, Any, None] | None
) -> asyncio.Task[None] | None:
    """Cancel a task, and run `work` instead; return its task."""
    if running is not None and running is not asyncio.current_task():
        running.cancel()
    return None if work is None else asyncio.create_task(work)
