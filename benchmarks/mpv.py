"""Headless players (mpv) in one room, and one beside a browser: how far apart what comes out of a sound card really is."""

from contextlib import AsyncExitStack
from typing import Final

from playwright.async_api import async_playwright

from script.lib.browser import chromium

from .options import Options
from .report import Row
from .sync.house import House, house
from .sync.listener import Listener, differences
from .sync.party import Party, pauses, spread
from .sync.sound_card import SoundCard, sound_card
from .sync.speaker import speaker
from .sync.tab import BROWSER_ARGUMENTS, open_tab

BOXES: Final = ("box-1", "box-2")


async def measure(options: Options) -> list[Row]:
    """Two boxes, then a box and a browser."""
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house())
        card = await stack.enter_async_context(sound_card(home.folder, BOXES))
        for number in range(len(BOXES)):
            await stack.enter_async_context(speaker(home, card, number))
        return await _two(home, card, options.listening_seconds)


async def _two(home: House, card: SoundCard, seconds: float) -> list[Row]:
    party = Party(await home.hub.create_room("Boxes"), home.hub)
    for listener in card.listeners:
        await party.join(listener)
    await party.begin()
    await party.go_on(seconds)
    await party.end()
    apart = differences(party.listeners, party.moments())
    return [*spread("two mpv", apart, None, 5), *pauses("two mpv", party)]
