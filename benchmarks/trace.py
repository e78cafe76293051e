"""The tasks of a page's main thread, as the browser traces them."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from playwright.async_api import Page

COLLECTIONS: Final = frozenset({"MajorGC", "MinorGC"})


class Task(NamedTuple):
    """A task of the main thread. Not the time on the clock: the machine does other things as well."""

    cpu_ms: float
    collecting_ms: float
    """Of that, the time in which the browser collected garbage."""


@asynccontextmanager
async def traced(page: Page) -> AsyncGenerator[list[Task]]:
    """Yield a list that gets every task of the page's main thread in the meantime."""
    browser = page.context.browser
    assert browser is not None
    devtools = await browser.new_browser_cdp_session()
    tasks: list[Task] = []
    events: list[dict[str, Any]] = []
    ended = asyncio.Event()
    devtools.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    devtools.on("Tracing.tracingComplete", lambda _: ended.set())
    await devtools.send(
        "Tracing.start",
        {
            "categories": "toplevel,devtools.timeline,disabled-by-default-devtools.timeline",
            "transferMode": "ReportEvents",
        },
    )
    yield tasks
    await devtools.send("Tracing.end")
    await ended.wait()
    tasks += _tasks(events)
    await devtools.detach()


def _tasks(events: Iterable[dict[str, Any]]) -> list[Task]:
    events = list(events)
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    timed = [one for one in events if "tdur" in one and (one["pid"], one["tid"]) in mains]
    collections = [one for one in timed if one["name"] in COLLECTIONS]
    return [
        Task(one["tdur"] / 1000, sum(other["tdur"] for other in collections if _contains(one, other)) / 1000)
        for one in timed
        if one["name"] == "RunTask"
    ]


def _contains(task: dict[str, Any], event: dict[str, Any]) -> bool:
    begins: float = task["ts"]
    ends: float = begins + task["dur"]
    return (task["pid"], task["tid"]) == (event["pid"], event["tid"]) and begins <= event["ts"] < ends
