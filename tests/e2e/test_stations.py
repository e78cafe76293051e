"""Radio stations, added and removed from the panel on a phone."""

from collections.abc import AsyncGenerator

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect
import pytest_asyncio

from .conftest import OpenTab
from .home import Home
from .pages import misfits, still, violations
from .tabs import PHONE


@pytest_asyncio.fixture(loop_scope="session")
async def stream() -> AsyncGenerator[str]:
    """The address of a station."""

    async def live(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"sound", headers={"Content-Type": "audio/mpeg", "icy-name": "Tides FM"})

    app = web.Application()
    app.router.add_get("/live", live)
    async with TestServer(app) as server:
        yield str(server.make_url("/live"))


async def test_a_station_is_added_and_removed(home: Home, open_tab: OpenTab, stream: str) -> None:
    tab = await open_tab("/moosicbox/library", viewport=PHONE)
    page = tab.page
    await page.get_by_role("tab", name="Radio").click()
    await expect(page.get_by_text("Radio stations that an administrator adds")).to_be_visible()
    await page.get_by_role("button", name="Add a station").click()
    dialog = page.get_by_role("dialog", name="Add a station")
    await dialog.get_by_label("Address", exact=True).fill(stream)
    await dialog.get_by_label("Genre").fill("Jazz")
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    assert await misfits(page, "moosicbox-panel") == []
    await tab.screenshot("station-dialog-phone")
    await dialog.get_by_role("button", name="Add a station").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="More about Tides FM")).to_be_visible()
    await tab.screenshot("stations-phone")
    found = await home.api.ask("moosicbox.search_library", query="tides fm")
    assert [(item["kind"], item["genre"]) for item in found["items"]] == [("station", "Jazz")]
    await page.get_by_role("button", name="More about Tides FM").click()
    await page.get_by_role("menuitem", name="Remove the station").click()
    await expect(page.get_by_text("Radio stations that an administrator adds")).to_be_visible()
    assert tab.errors == []


async def test_a_station_of_radio_browser_is_added(home: Home, open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox/library", viewport=PHONE)
    page = tab.page
    await page.get_by_role("tab", name="Radio").click()
    await page.get_by_role("button", name="Add a station").click()
    dialog = page.get_by_role("dialog", name="Add a station")
    await dialog.get_by_role("button", name="Browse Radio Browser").click()
    await dialog.get_by_role("button", name="Jazz").click()
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    assert await misfits(page, "moosicbox-panel") == []
    await tab.screenshot("radio-browser-phone")
    await dialog.get_by_role("button", name="Back").click()
    await dialog.get_by_role("button", name="Jazz").click()
    await dialog.get_by_role("button", name="Harbour FM").click()
    await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="More about Harbour FM").click()
    await page.get_by_role("menuitem", name="Remove the station").click()
    await expect(page.get_by_role("button", name="More about Harbour FM")).to_have_count(0)
    assert tab.errors == []
