"""Draws the integration's images from their SVG sources: `python -m script.draw_brand`."""

import asyncio
from pathlib import Path

from playwright.async_api import async_playwright

from .lib.browser import chromium
from .lib.config_folder import INTEGRATION

SOURCES = Path(__file__).with_name("brand")
TARGET = INTEGRATION / "brand"
ICON_HEIGHT = 256
LOGO_HEIGHT = 128


async def main() -> None:
    """Draw each image in both sizes, on a transparent background."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        for source in sorted(SOURCES.glob("*.svg")):
            height = ICON_HEIGHT if "icon" in source.stem else LOGO_HEIGHT
            for suffix, scale in ("", 1), ("@2x", 2):
                page = await browser.new_page()
                style = f"<style>body {{ margin: 0 }} svg {{ display: block; height: {height * scale}px }}</style>"
                await page.set_content(style + source.read_text())
                target = TARGET / f"{source.stem}{suffix}.png"
                await page.locator("svg").screenshot(path=target, omit_background=True)
                await page.close()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
