"""A browser tab under measurement, and the readings of its sound."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple, override

from playwright.async_api import Browser, BrowserContext, Page

from benchmarks.player_tab import become_player
from custom_components.moosicbox.engine.client import MoosicBoxClient
from script.lib.browser import storage_state
from script.lib.client import HomeAssistantClient

from .listener import Listener, Reading

HERE: Final = Path(__file__).parent
READ_EVERY: Final = 1.0
BROWSER_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]


class Disturbance(NamedTuple):
    """The simulated faults of a tab's clock and network."""

    ppm: float
    url: str


class Tab(Listener):
    """A player in a browser. Its readings are in the machine's monotonic clock, which all tabs share."""

    def __init__(self, player_id: str, context: BrowserContext, page: Page) -> None:
        super().__init__(player_id)
        self._context = context
        self._page = page
        self._zero = 0.0
        self._reader: asyncio.Task[None] | None = None

    async def read_all_the_time(self) -> None:
        """Start reading."""
        # The zero of performance.now(), in seconds of the monotonic clock that all processes of a machine share.
        session = await self._context.new_cdp_session(self._page)
        await session.send("Performance.enable")
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        self._zero = next(metric["value"] for metric in metrics if metric["name"] == "NavigationStart")
        self._reader = asyncio.create_task(self._read())

    @override
    async def close(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
        await self._take()
        await self._context.close()

    async def _read(self) -> None:
        while True:
            await asyncio.sleep(READ_EVERY)
            await self._take()

    async def _take(self) -> None:
        for reading in await self._page.evaluate("meter.take()"):
            at = self._zero + reading["at_ms"] / 1e3
            if "track" in reading:
                self.readings.append(Reading(at, reading["track"], reading["position"]))
            elif not reading["sounding"]:
                self.silences.append(at)


async def open_tab(
    browser: Browser,
    client: HomeAssistantClient,
    hub: MoosicBoxClient,
    name: str,
    disturbance: Disturbance | None = None,
) -> Tab:
    """Open a tab with a profile of its own, and make it a player; reading isn't started."""
    url = disturbance.url if disturbance else client.url
    context = await browser.new_context(base_url=url, locale="en-GB", storage_state=storage_state(client, url))
    await context.add_init_script(path=HERE / "meter.js")
    if disturbance is not None:
        script = (HERE / "disturb.js").read_text(encoding="utf-8")
        await context.add_init_script(f"const PPM = {disturbance.ppm};\n{script}")
    page = await context.new_page()
    player_id = await become_player(page, name)
    # The rulers are read by their level.
    await hub.player(player_id).volume(1.0)
    return Tab(player_id, context, page)


type OpenTab = Callable[..., Awaitable[Tab]]
