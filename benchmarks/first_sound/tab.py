"""A browser tab that is a player, as slow as one likes, and what comes out of it."""

import json
from pathlib import Path
import time
from typing import Final

from playwright.async_api import Browser, CDPSession, Page

from benchmarks.process import memory
from script.lib.browser import storage_state

from .house import House

HERE: Final = Path(__file__).parent
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    # A name as people have at home: by plain http it is no secure context, unlike localhost.
    "--host-resolver-rules=MAP home.test 127.0.0.1",
]
LEFT, RIGHT = 0, 1


class Tab:
    """One player."""

    def __init__(self, player_id: str, page: Page, devtools: CDPSession, zero: float, pid: int) -> None:
        """`zero` is that of performance.now(), in seconds of the monotonic clock that all processes of a machine share."""
        self.player_id = player_id
        self.page = page
        self._pid = pid
        self._devtools = devtools
        self._zero = zero

    async def throttle(self, rate: float) -> None:
        """Slow the page's thread down from now on."""
        await self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    async def heard(self, side: int, asked: float) -> float:
        """Seconds from a moment of the monotonic clock until that side is loud."""
        at_ms: float = await self.page.evaluate(
            "([side, after]) => ear.loud(side, after)", [side, (asked - self._zero) * 1e3]
        )
        return self._zero + at_ms / 1e3 - asked

    async def element(self, address: str) -> float:
        """The same of an audio element that plays an address."""
        milliseconds: float = await self.page.evaluate("(address) => ear.element(address)", address)
        return milliseconds / 1e3

    async def due(self) -> float:
        """When the last order to play was to be carried out, in µs of the hub's clock."""
        due_us: float = await self.page.evaluate("ear.due()")
        return due_us

    async def save_data(self) -> None:
        """Let it fetch smaller files from now on."""
        await self.page.get_by_text("Data saver", exact=True).click()
        await self.page.get_by_label("Fetch smaller files").select_option("on")

    def worker_cpu(self) -> float:
        """Seconds that the worker has used."""
        return sum(
            int((task / "schedstat").read_text().split()[0]) / 1e9
            for task in Path(f"/proc/{self._pid}/task").iterdir()
            if (task / "comm").read_text().startswith("DedicatedWorker")
        )

    async def close(self) -> None:
        """Close its window."""
        await self.page.context.close()


async def open_tab(browser: Browser, home: House, url: str, name: str) -> Tab:
    """A tab of a profile of its own that is a player."""
    context = await browser.new_context(base_url=url, locale="en-GB", storage_state=storage_state(home.client, url))
    await context.add_init_script(path=HERE / "ear.js")
    page = await context.new_page()
    await page.goto("/moosicbox")
    await page.get_by_role("textbox", name="Name of this player").fill(name)
    await page.get_by_role("button", name="Play on this device").click()
    await page.get_by_text("In Home Assistant: media_player.").wait_for()
    (identity,) = await page.evaluate("Object.values(localStorage).filter(value => value.includes('playerId'))")
    devtools = await context.new_cdp_session(page)
    await devtools.send("Performance.enable")
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    browser_tools = await browser.new_browser_cdp_session()
    processes = (await browser_tools.send("SystemInfo.getProcessInfo"))["processInfo"]
    pid = max((process["id"] for process in processes if process["type"] == "renderer"), key=memory)
    zero = next(metric["value"] for metric in metrics if metric["name"] == "NavigationStart")
    return Tab(json.loads(identity)["playerId"], page, devtools, zero, pid)


def now() -> float:
    """The clock that moments are of."""
    return time.monotonic()
