"""Tabs of a real browser, logged in to Home Assistant."""

from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error as PlaywrightError,
    Page,
    Playwright,
    StorageState,
    ViewportSize,
    expect,
)

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
FEATURES_OFF = (
    # The lists under the address bar are pages of their own, which each window loads: a third of a page's CPU time.
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
    # Playwright switches these off by an argument that this one replaces: requests to the internet and to https.
    "AimEnabled",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PreconnectToSearch",
)
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(FEATURES_OFF)}",
    "--disable-sync",
    # A name as people have at home: by plain http it is no secure context, unlike localhost.
    "--host-resolver-rules=MAP home.test 127.0.0.1",
    "--no-sandbox",
]
MAX_IDLE = 3
"""How many tabs wait for another test."""
IDLE_PATH = "/robots.txt"
"""Where they wait: at Home Assistant's address, but without a script."""
FILL_STORAGE = """(items) => {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name, value } of items) localStorage.setItem(name, value);
}"""
SOUND_ALLOWED = "no-user-gesture-required"
SOUND_AFTER_A_CLICK = "user-gesture-required"

expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Tab:
    """A page and what its console complained about."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", self._on_page_error)
        self.page.on("console", self._on_console)

    async def leave(self) -> None:
        """Leave Home Assistant's page, as if the tab were closed."""
        await self.page.goto(IDLE_PATH)

    def stop_listening(self) -> None:
        """Stop recording the page's errors."""
        self.page.remove_listener("pageerror", self._on_page_error)
        self.page.remove_listener("console", self._on_console)

    async def screenshot(self, name: str) -> None:
        """Keep a picture among the artefacts."""
        ARTIFACTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=ARTIFACTS / f"{name}.png")

    def _on_page_error(self, error: PlaywrightError) -> None:
        self.errors.append(str(error))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location['url']})")


class Tabs:
    """Opens tabs; one browser process for each autoplay policy that a test asks for.

    A tab that a test gives back is opened again for another one: it has Home Assistant's scripts already, and shows a page
    with less than half of the work that a fresh profile takes.
    """

    def __init__(self, playwright: Playwright, home: Home, arguments: Iterable[str] = ()) -> None:
        """`arguments` are added to those of the browser's processes."""
        self._playwright = playwright
        self._home = home
        self._arguments = [*ARGUMENTS, *arguments]
        self._browsers: dict[str, Browser] = {}
        self._options: dict[Page, str] = {}
        """The pages that can be opened again, and the options of their profiles."""
        self._idle: list[Page] = []

    async def open(
        self,
        path: str,
        *,
        user: HomeAssistantClient | None = None,
        viewport: ViewportSize = DESKTOP,
        dark: bool = False,
        **options: Any,
    ) -> Tab:
        """Return a tab that shows a path and is logged in, with empty storage; see `context` for the arguments."""
        kind = repr(sorted(options.items()))
        page = next((page for page in self._idle if self._options[page] == kind), None)
        if page is None:
            context = await self.context(user=user, viewport=viewport, dark=dark, **options)
            page = await context.new_page()
            self._options[page] = kind
        else:
            self._idle.remove(page)
            await page.set_viewport_size(viewport)
            await page.emulate_media(color_scheme="dark" if dark else "light")
            state = self._state(user, options.get("url"))
            await page.evaluate(FILL_STORAGE, state["origins"][0]["localStorage"])
        tab = Tab(page)
        await page.goto(path)
        return tab

    async def give_back(self, tab: Tab) -> None:
        """Leave a tab that a test has opened to another one."""
        page = tab.page
        for other in page.context.pages:
            if other is not page:
                await other.close()
        try:
            await page.unroute_all(behavior="ignoreErrors")
            await tab.leave()
        except PlaywrightError:
            # The test has closed it, or its Home Assistant is gone.
            await self._discard(page)
            return
        tab.stop_listening()
        self._idle.append(page)
        if len(self._idle) > MAX_IDLE:
            await self._discard(self._idle.pop(0))

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
            storage_state=self._state(user, url),
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

    async def _discard(self, page: Page) -> None:
        del self._options[page]
        await page.context.close()

    def _state(self, user: HomeAssistantClient | None, url: str | None) -> StorageState:
        return storage_state(user or self._home.api, url or self._home.url)
