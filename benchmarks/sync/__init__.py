"""Two and four browsers in one room: how far apart their sound is, while people pause, seek and skip."""

from contextlib import AsyncExitStack
from functools import partial
import time
from typing import Final

from playwright.async_api import Browser, async_playwright

from benchmarks.home import RunningHome
from benchmarks.options import Options
from benchmarks.report import Row
from custom_components.moosicbox.engine.client import MoosicBoxClient
from script.lib.browser import chromium

from .listener import differences
from .measured_home import measured_home
from .party import EVERY, SETTLING, Party, pauses, spread
from .slow_network import slow_network
from .tab import BROWSER_ARGUMENTS, Disturbance, OpenTab, Tab, open_tab

JITTER: Final = 0.05
PPM: Final = 100


async def measure(options: Options) -> list[Row]:
    """Measure two and four browsers."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(measured_home())
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=BROWSER_ARGUMENTS)
        stack.push_async_callback(browser.close)
        port = int(home.client.url.rpartition(":")[2])
        far = Disturbance(PPM, f"http://127.0.0.1:{await stack.enter_async_context(slow_network(port, JITTER))}")
        open_one = partial(_open, browser, home)
        return [
            *await _two(home.hub, open_one, options.listening_seconds),
            *await _four(home.hub, open_one, far, options.listening_seconds),
        ]


async def _open(browser: Browser, home: RunningHome, name: str, disturbance: Disturbance | None = None) -> Tab:
    tab = await open_tab(browser, home.client, home.hub, name, disturbance)
    await tab.read_all_the_time()
    return tab


async def _two(hub: MoosicBoxClient, open_one: OpenTab, seconds: float) -> list[Row]:
    party = Party(await hub.create_room("Two"), hub)
    for name in ("two-1", "two-2"):
        await party.join(await open_one(name))
    await party.begin()
    await party.go_on(seconds)
    await party.end()
    return [*spread("two", differences(party.listeners, party.moments()), 1, 5), *pauses("two", party)]


async def _four(hub: MoosicBoxClient, open_one: OpenTab, far: Disturbance, seconds: float) -> list[Row]:
    party = Party(await hub.create_room("Four"), hub)
    near = [await open_one("four-1"), await open_one("four-2")]
    disturbed = await open_one("four-far", far)
    for listener in (*near, disturbed):
        await party.join(listener)
    await party.begin()
    await party.go_on(seconds / 2)
    late = await open_one("four-late")
    asked = time.monotonic()
    await party.join(late)
    await party.go_on(seconds / 2)
    await party.end()
    moments = party.moments()
    undisturbed = differences([*near, late], moments)
    with_far = [apart for one in (*near, late) for apart in differences([one, disturbed], moments)]
    began = late.readings[0].at
    joining = differences([near[0], late], [began + EVERY * number for number in range(int(SETTLING / EVERY))])
    return [
        *spread("four, the undisturbed", undisturbed, 1, 5),
        *spread("four, each with the disturbed", with_far, None, 10),
        Row("four: the late one sounds after", began - asked, "s"),
        Row("four: the late one apart in its first two seconds, most", max(joining), "ms"),
        *pauses("four", party),
    ]
