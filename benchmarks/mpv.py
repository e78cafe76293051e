"""Headless players (mpv) in one room, and a browser with them: how far apart the output of their sound card is."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from playwright.async_api import async_playwright

from .home import RunningHome
from .options import Options
from .report import Row
from .sync.browser_output import browser_into
from .sync.listener import Listener, differences
from .sync.measured_home import measured_home
from .sync.party import Party, pauses, spread
from .sync.sound_card import SoundCard, sound_card
from .sync.speaker import speaker
from .sync.tab import open_tab

BOXES: Final = ("box-1", "box-2")
BROWSER: Final = len(BOXES)


async def measure(options: Options) -> list[Row]:
    """Measure the headless players, alone and then with a browser."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(measured_home())
        card = await stack.enter_async_context(sound_card(home.folder, (*BOXES, "browser")))
        for number in range(len(BOXES)):
            await stack.enter_async_context(speaker(home, card, number))
        return [
            *await _boxes(home, card, options.listening_seconds),
            *await _mixed(home, card, options.listening_seconds),
        ]


async def _boxes(home: RunningHome, card: SoundCard, seconds: float) -> list[Row]:
    *boxes, _ = card.listeners
    party = await _party(home, "Boxes", boxes, seconds)
    return [*spread("two mpv", differences(boxes, party.moments()), None, 5), *pauses("two mpv", party)]


async def _mixed(home: RunningHome, card: SoundCard, seconds: float) -> list[Row]:
    *boxes, browser = card.listeners
    async with async_playwright() as playwright, browser_into(playwright, card, BROWSER) as browser_process:
        browser.player_id = (await open_tab(browser_process, home.client, home.hub, "browser")).player_id
        party = await _party(home, "Everybody", card.listeners, seconds)
    moments = party.moments()
    apart = [apart for box in boxes for apart in differences([box, browser], moments)]
    return [*spread("mpv and browser", apart, None, 15), *pauses("mpv and browser", party)]


async def _party(home: RunningHome, name: str, listeners: Sequence[Listener], seconds: float) -> Party:
    party = Party(await home.hub.create_room(name), home.hub)
    for listener in listeners:
        await party.join(listener)
    await party.begin()
    await party.go_on(seconds)
    await party.end()
    return party
