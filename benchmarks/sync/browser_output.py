"""A browser that plays into an output of the virtual sound card."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os

from playwright.async_api import Browser, Playwright

from script.lib.browser import chromium

from .sound_card import SoundCard
from .tab import BROWSER_ARGUMENTS


@asynccontextmanager
async def browser_into(playwright: Playwright, card: SoundCard, number: int) -> AsyncGenerator[Browser]:
    """Run a browser, and end it."""
    browser = await playwright.chromium.launch(
        executable_path=chromium(),
        args=BROWSER_ARGUMENTS,
        # Headless browsers are muted by default.
        ignore_default_args=["--mute-audio"],
        env={**os.environ, **card.environment, "PULSE_SINK": card.output(number)},
    )
    yield browser
    await browser.close()
