"""Takes pictures of every page; `script/screenshots` starts this."""

import argparse
import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
import sys
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from script.lib.browser import chromium, storage_state
from script.lib.config_folder import REPOSITORY

from .guide import PICTURES, write_down
from .scenes import SCENES, Act
from .stage import Stage, stage

FOLDER = REPOSITORY / ".artifacts" / "screenshots"
SIZES = {"small": (320, 640), "phone": (360, 740), "tablet": (820, 1100), "desk": (1280, 800)}
THEMES = ("light", "dark")
# As in most households: an address with a name, over plain HTTP.
NAME = "homeassistant.local"
ARGUMENTS = [
    f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
    "--no-sandbox",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
VISIT = """(path) => {
  history.pushState(null, "", path);
  dispatchEvent(new CustomEvent("location-changed", {detail: {replace: false}}));
}"""


class Photographer:
    """Takes pictures of the scenes, in one size and theme at a time."""

    def __init__(self, browser: Browser, stage: Stage, options: argparse.Namespace) -> None:
        self._browser = browser
        self._stage = stage
        self._options = options
        self._url = stage.url.replace("127.0.0.1", NAME)
        self.failures: list[str] = []
        """The names of the pictures of scenes that couldn't be taken."""

    async def act(self, act: Act) -> None:
        """Photograph all scenes of an act in all sizes and themes."""
        scenes = [one for one in SCENES if one.act == act and self._wanted(one.name)]
        if not scenes:
            return
        for size in self._options.sizes:
            for theme in self._options.themes:
                context = await self._context(size, theme, storage_state(self._stage.client, self._url))
                page = await context.new_page()
                await page.goto("/moosicbox/listen")
                await page.locator("moosicbox-panel main > *").first.wait_for()
                for scene in scenes:
                    try:
                        await page.evaluate(VISIT, scene.path)
                        await page.wait_for_timeout(300)
                        await scene.get(page)
                        await self._take(page, scene.name, size, theme)
                    except Exception as problem:  # noqa: BLE001 - the other pictures are wanted all the same
                        self.failures.append(name := f"{scene.name}-{size}-{theme}")
                        print(f"{name}: {(str(problem) or repr(problem)).splitlines()[0]}", flush=True)
                    await page.keyboard.press("Escape")
                await context.close()

    async def guests(self) -> None:
        """Photograph the guests' page, and the card."""
        for size in self._options.sizes:
            for theme in self._options.themes:
                if self._wanted("guest"):
                    await self._guest(size, theme)
                if self._wanted("card"):
                    context = await self._context(size, theme, storage_state(self._stage.client, self._url))
                    page = await context.new_page()
                    await page.goto("/music-wall/0")
                    await page.get_by_role("region", name="Controls of Garden party").first.wait_for()
                    await page.wait_for_timeout(1_000)
                    await self._take(page, "card", size, theme)
                    await context.close()

    async def _guest(self, size: str, theme: str) -> None:
        context = await self._context(size, theme, None)
        page = await context.new_page()
        await page.goto("/moosicbox/party/")
        await page.get_by_text("Invite required").wait_for()
        await self._take(page, "guest-no-invite", size, theme)
        await page.goto("about:blank")
        await page.goto(self._stage.invite)
        await page.get_by_label("Your name").fill("Gus")
        await self._take(page, "guest-door", size, theme)
        await page.get_by_role("button", name="Join").click()
        await page.get_by_role("tab", name="Queue").wait_for()
        await page.wait_for_timeout(1_000)
        await self._take(page, "guest", size, theme)
        for tab in ("Music", "Queue", "Chat"):
            await page.get_by_role("tab", name=tab).click()
            await page.wait_for_timeout(700)
            await self._take(page, f"guest-{tab.lower()}", size, theme)
        await context.close()

    def _wanted(self, name: str) -> bool:
        return not self._options.scenes or any(name.startswith(wanted) for wanted in self._options.scenes)

    async def _context(self, size: str, theme: str, state: Any) -> BrowserContext:
        width, height = SIZES[size]
        context = await self._browser.new_context(
            base_url=self._url,
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-GB",
            storage_state=state,
            viewport={"width": width, "height": height},
            # Rendered at a higher resolution and reduced afterwards, so that the guide's pictures are sharp.
            device_scale_factor=2 if self._options.docs else 1,
            has_touch=size != "desk",
        )
        context.set_default_timeout(8_000)
        return context

    async def _take(self, page: Page, name: str, size: str, theme: str) -> None:
        path = self._options.folder / f"{name}-{size}-{theme}.png"
        await page.screenshot(path=path)


async def main() -> None:
    """Build the stage, take the pictures."""
    parser = argparse.ArgumentParser(prog="script/screenshots", description=__doc__)
    parser.add_argument("scenes", nargs="*", help="how the names of the wanted ones begin (default: all)")
    parser.add_argument("--sizes", nargs="+", default=["phone", "tablet", "desk"], choices=SIZES)
    parser.add_argument("--themes", nargs="+", default=list(THEMES), choices=THEMES)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--docs", action="store_true", help="the few that the guide shows, in docs/images")
    options = parser.parse_args()
    if options.docs:
        options.scenes = [name.rpartition("-")[0].rpartition("-")[0] for name in PICTURES]
    options.folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(stage())
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        http = await stack.enter_async_context(ClientSession(home.url))
        photographer = Photographer(browser, home, options)
        await photographer.act("empty")
        await home.furnish(browser, http)
        stack.push_async_callback(home.leave)
        await photographer.act("full")
        await photographer.guests()
        await photographer.act("trouble")
        await home.client.set_language("he")
        await photographer.act("right-to-left")
    if photographer.failures:
        # The folder may still have pictures of an earlier run.
        sys.exit(f"Not taken: {', '.join(photographer.failures)}")
    if options.docs:
        write_down(options.folder)


if __name__ == "__main__":
    asyncio.run(main())
