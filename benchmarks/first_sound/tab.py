"""A browser tab that is a player, with a slow processor if wanted, and its sound."""

from pathlib import Path
import time
from typing import Final

from playwright.async_api import Browser, CDPSession, Page

from benchmarks.player_tab import become_player
from benchmarks.process import memory
from script.lib.browser import storage_state

from .measured_home import MeasuredHome

HERE: Final = Path(__file__).parent
ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    # A page loaded over plain HTTP from a name is no secure context, unlike one from localhost.
    "--host-resolver-rules=MAP home.test 127.0.0.1",
]
LEFT, RIGHT = 0, 1


class Tab:
    """A player. `zero` is that of performance.now(), in seconds of the monotonic clock, which all processes share."""

    def __init__(self, player_id: str, page: Page, devtools: CDPSession, zero: float, pid: int) -> None:
        self.player_id = player_id
        self.page = page
        self._pid = pid
        self._devtools = devtools
        self._zero = zero

    async def throttle(self, rate: float) -> None:
        """Slow the page's thread down."""
        await self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    async def heard(self, side: int, asked: float) -> float:
        """Return the seconds from a time of the monotonic clock until a side is loud."""
        at_ms: float = await self.page.evaluate(
            "([side, after]) => ear.loud(side, after)", [side, (asked - self._zero) * 1e3]
        )
        return self._zero + at_ms / 1e3 - asked

    async def element(self, address: str) -> float:
        """Return the seconds until an audio element that plays an address is loud."""
        milliseconds: float = await self.page.evaluate("(address) => ear.element(address)", address)
        return milliseconds / 1e3

    async def latency(self) -> float:
        """Return the seconds from a sample's place in the audio element's context to its sound."""
        seconds: float = await self.page.evaluate("ear.latency()")
        return seconds

    async def due(self) -> float:
        """Return the time of the hub's last command to play, in µs of the hub's clock."""
        due_us: float = await self.page.evaluate("ear.due()")
        return due_us

    async def save_data(self) -> None:
        """Switch the data saver on."""
        await self.page.get_by_text("Data saver", exact=True).click()
        await self.page.get_by_label("Load smaller files").select_option("on")

    def worker_cpu(self) -> float:
        """Return the CPU seconds that the decoding worker has used."""
        return sum(
            int((task / "schedstat").read_text().split()[0]) / 1e9
            for task in Path(f"/proc/{self._pid}/task").iterdir()
            if (task / "comm").read_text().startswith("DedicatedWorker")
        )

    async def close(self) -> None:
        """Close the window."""
        await self.page.context.close()


async def open_tab(browser: Browser, home: MeasuredHome, url: str, name: str) -> Tab:
    """Open a tab with a profile of its own, and make it a player."""
    context = await browser.new_context(base_url=url, locale="en-GB", storage_state=storage_state(home.client, url))
    await context.add_init_script(path=HERE / "ear.js")
    page = await context.new_page()
    player_id = await become_player(page, name)
    devtools = await context.new_cdp_session(page)
    await devtools.send("Performance.enable")
    metrics = (await devtools.send("Performance.getMetrics"))["metrics"]
    browser_tools = await browser.new_browser_cdp_session()
    processes = (await browser_tools.send("SystemInfo.getProcessInfo"))["processInfo"]
    pid = max((process["id"] for process in processes if process["type"] == "renderer"), key=memory)
    zero = next(metric["value"] for metric in metrics if metric["name"] == "NavigationStart")
    return Tab(player_id, page, devtools, zero, pid)


def now() -> float:
    """Return the monotonic time, in seconds."""
    return time.monotonic()
