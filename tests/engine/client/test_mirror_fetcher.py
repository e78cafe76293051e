"""Fetches of the mirror whose topic has gone before they run."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.client.errors import RequestTimedOut
from custom_components.moosicbox.engine.client.mirror import Mirror
from custom_components.moosicbox.engine.client.mirror_fetcher import MirrorFetcher
from custom_components.moosicbox.engine.protocol.client import Request
from custom_components.moosicbox.engine.protocol.server import QueueUpdated, Unsubscribed
from custom_components.moosicbox.engine.protocol.types import ClearOp, QueuePage

TOPIC = "player:den"
PAGE = QueuePage(items=(), offset=0, total=3, revision=1, epoch="e", current_item_id=None, current_index=None)
INCOMPLETE = QueueUpdated(topic=TOPIC, revision=1, current_index=None, total=3, ops=(), queue=PAGE)
EMPTY = msgspec.structs.replace(PAGE, total=0, revision=2)


class RecordingHub:
    """Records the requests, and answers each with an empty queue."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.fault: Exception | None = None
        self.answer = EMPTY
        fetcher = MirrorFetcher(self, lambda _topic: True)
        self.mirror = Mirror(fetcher.fetch_queue, fetcher.fetch_room)

    def hub_now_us(self) -> float:
        return 0.0

    async def request(self, message: Request, **_options: object) -> Any:
        self.requests.append(message)
        if self.fault is not None:
            raise self.fault
        return {"queue": msgspec.to_builtins(self.answer)}


async def run_fetches() -> None:
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})


async def test_incomplete_queue_is_fetched() -> None:
    hub = RecordingHub()
    hub.mirror.apply(INCOMPLETE)
    await run_fetches()
    assert len(hub.requests) == 1
    assert (hub.mirror.queues[TOPIC].revision, hub.mirror.queues[TOPIC].stale) == (2, False)


@pytest.mark.parametrize("fault", [RequestTimedOut("No answer"), None], ids=["timeout", "changes"])
async def test_a_queue_whose_fetch_failed_is_fetched_at_its_next_change(fault: Exception | None) -> None:
    """A fetch also fails if the queue changes all the time, so that no pages fit together."""
    hub = RecordingHub()
    hub.fault, hub.answer = fault, msgspec.structs.replace(PAGE, revision=2)
    hub.mirror.apply(INCOMPLETE)
    await run_fetches()
    assert hub.mirror.queues[TOPIC].stale
    hub.fault, hub.answer = None, msgspec.structs.replace(EMPTY, revision=3)
    hub.mirror.apply(QueueUpdated(topic=TOPIC, revision=3, current_index=None, total=0, ops=(ClearOp(),)))
    await run_fetches()
    assert (hub.mirror.queues[TOPIC].revision, hub.mirror.queues[TOPIC].stale) == (3, False)


@pytest.mark.parametrize(
    "end",
    [lambda mirror: mirror.apply(Unsubscribed(topics=(TOPIC,), reason="left")), Mirror.reset],
    ids=["unsubscribed", "session"],
)
async def test_queue_whose_topic_has_ended_is_not_fetched(end: Callable[[Mirror], None]) -> None:
    hub = RecordingHub()
    hub.mirror.apply(INCOMPLETE)
    end(hub.mirror)
    await run_fetches()
    assert (hub.requests, hub.mirror.queues) == ([], {})
