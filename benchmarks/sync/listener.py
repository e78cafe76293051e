"""A browser tab that plays along, and what is read of its sound."""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
import json
from pathlib import Path
from typing import Final, NamedTuple

from playwright.async_api import Browser, BrowserContext, Page

from script.lib.browser import storage_state
from script.lib.client import HomeAssistantClient

HERE: Final = Path(__file__).parent
READ_EVERY: Final = 1.0
LASTS: Final = 0.15
"""A reading says where the sound is for this long."""


class Disturbance(NamedTuple):
    """What is wrong with a tab's machine and its network."""

    ppm: float
    url: str


class Reading(NamedTuple):
    """At this moment of the machine's monotonic clock this sounds."""

    at: float
    track: int
    position: float


class Listener:
    """One player. Its readings are of the machine's clock, which is the same for all tabs."""

    def __init__(self, player_id: str, context: BrowserContext, page: Page) -> None:
        self.player_id = player_id
        self.readings: list[Reading] = []
        self.silences: list[float] = []
        """When its sound ended."""
        self._context = context
        self._page = page
        self._zero = 0.0
        self._reader: asyncio.Task[None] | None = None

    async def read_all_the_time(self) -> None:
        """From now on."""
        # The zero of performance.now(), in seconds of the monotonic clock that all processes of a machine share.
        session = await self._context.new_cdp_session(self._page)
        await session.send("Performance.enable")
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        self._zero = next(metric["value"] for metric in metrics if metric["name"] == "NavigationStart")
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Read no more; the readings stay."""
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

    def heard(self, at: float) -> Reading | None:
        """What sounds at a moment; None if that isn't known to the point."""
        index = bisect_right(self.readings, at, key=lambda reading: reading.at)
        if index == 0:
            return None
        last = self.readings[index - 1]
        ended = bisect_right(self.silences, at) != bisect_right(self.silences, last.at)
        if ended or at - last.at > LASTS:
            return None
        return Reading(at, last.track, last.position + at - last.at)


async def open_listener(
    browser: Browser, client: HomeAssistantClient, name: str, disturbance: Disturbance | None = None
) -> Listener:
    """A tab of a profile of its own that is a player, and is read."""
    url = disturbance.url if disturbance else client.url
    context = await browser.new_context(base_url=url, locale="en-GB", storage_state=storage_state(client, url))
    await context.add_init_script(path=HERE / "meter.js")
    if disturbance is not None:
        script = (HERE / "disturb.js").read_text(encoding="utf-8")
        await context.add_init_script(f"const PPM = {disturbance.ppm};\n{script}")
    page = await context.new_page()
    await page.goto("/moosicbox")
    await page.get_by_role("textbox", name="Name of this player").fill(name)
    await page.get_by_role("button", name="Play on this device").click()
    await page.get_by_text("In Home Assistant: media_player.").wait_for()
    (identity,) = await page.evaluate("Object.values(localStorage).filter(value => value.includes('playerId'))")
    listener = Listener(json.loads(identity)["playerId"], context, page)
    await listener.read_all_the_time()
    return listener


type OpenListener = Callable[..., Awaitable[Listener]]


def differences(listeners: Sequence[Listener], moments: Sequence[float]) -> list[float]:
    """By how many milliseconds each two of them are apart, at each of these moments."""
    found: list[float] = []
    for at in moments:
        heard = [reading for listener in listeners if (reading := listener.heard(at)) is not None]
        found += [
            abs(one.position - other.position) * 1e3
            for number, one in enumerate(heard)
            for other in heard[number + 1 :]
            if one.track == other.track
        ]
    return found
