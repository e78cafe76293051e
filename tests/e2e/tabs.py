"""Tabs of a real browser, logged in to Home Assistant."""

from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, ViewportSize, expect

from script.lib.browser import chromium, storage_state
from script.lib.client import HomeAssistantClient
from script.lib.config_folder import REPOSITORY

from .home import Home

ARTIFACTS = REPOSITORY / ".artifacts"
TIMEOUT_MS = 60_000
"""How long a page is waited for. Playwright's own five seconds are too short on a busy machine."""
PHONE: ViewportSize = {"width": 360, "height": 740}
TABLET: ViewportSize = {"width": 1024, "height": 768}
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name as people have at home: by plain http it is no secure context, unlike localhost.
    "--host-resolver-rules=MAP home.test 127.0.0.1",
    "--no-sandbox",
]
SOUND_ALLOWED = "no-user-gesture-required"
SOUND_AFTER_A_CLICK = "user-gesture-required"

expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Tab:
    """A page and what its console complained about."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._on_console)

    async def screenshot(self, name: str) -> None:
        """Keep a picture among the artefacts."""
        ARTIFACTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location['url']})")


class Tabs:
    """Opens tabs; one browser process for each autoplay policy that a test asks for."""

    def __init__(self, playwright: Playwright, home: Home, arguments: Iterable[str] = ()) -> None:
        """`arguments` are added to those of the browser's processes."""
        self._playwright = playwright
        self._home = home
        self._arguments = [*ARGUMENTS, *arguments]
        self._browsers: dict[str, Browser] = {}

    async def close(self) -> None:
        """Close every browser."""
        async with AsyncExitStack() as stack:
            for browser in self._browsers.values():
                stack.push_async_callback(browser.close)

    async def context(
        self,
        *,
        url: str | None = None,
        user: HomeAssistantClient | None = None,
        autoplay: str = SOUND_ALLOWED,
        viewport: ViewportSize = DESKTOP,
        dark: bool = False,
        **options: Any,
    ) -> BrowserContext:
        """Return a fresh profile that is logged in; `options` are Playwright's own.

        Args:
            url: Where Home Assistant is reached, if not at its own address.
            user: The user to log in, if not the first one.
        """
        url = url or self._home.url
        browser = await self.browser(autoplay)
        context = await browser.new_context(
            base_url=url,
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            storage_state=storage_state(user or self._home.api, url),
            viewport=viewport,
            **options,
        )
        context.set_default_timeout(TIMEOUT_MS)
        return context

    async def browser(self, autoplay: str = SOUND_ALLOWED) -> Browser:
        """Return the browser of an autoplay policy."""
        if autoplay not in self._browsers:
            self._browsers[autoplay] = await self._playwright.chromium.launch(
                executable_path=chromium(), args=[*self._arguments, f"--autoplay-policy={autoplay}"]
            )
        return self._browsers[autoplay]
