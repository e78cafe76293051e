"""A podcast on a phone: subscribed to, played on where it was left, marked, and removed."""

from collections.abc import AsyncGenerator

from playwright.async_api import expect
import pytest_asyncio

from tests.engine.library.podcasts.feeds import Publisher, episode, feed as bodies

from .conftest import OpenTab
from .home import Home
from .pages import misfits, still, violations
from .tabs import PHONE


@pytest_asyncio.fixture(loop_scope="session")
async def feed() -> AsyncGenerator[str]:
    """The address of a feed."""
    publisher = Publisher()
    # Nothing outside of this machine is fetched.
    publisher.body = bodies(episode(1), episode(2), cover="")
    async with publisher.server:
        yield publisher.url()


async def test_a_podcast_from_subscription_to_removal(home: Home, open_tab: OpenTab, feed: str) -> None:
    tab = await open_tab("/moosicbox/library", viewport=PHONE)
    page = tab.page
    await page.get_by_role("tab", name="Podcasts").click()
    await page.get_by_role("button", name="Subscribe to a podcast").click()
    dialog = page.get_by_role("dialog", name="Subscribe to a podcast")
    await dialog.get_by_label("Address of the feed").fill(feed)
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    await dialog.get_by_role("button", name="Subscribe to a podcast").click()
    await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="Tidal Tales").first.click()
    await expect(page.get_by_text("Ana · 2 episodes")).to_be_visible()
    await page.get_by_role("button", name="More about Tide 2").click()
    await page.get_by_role("menuitem", name="Mark as played").click()
    await page.get_by_role("button", name="More about Tide 1").click()
    await page.get_by_role("menuitem", name="Add to the favourites").click()
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    assert await misfits(page, "moosicbox-panel") == []
    await tab.screenshot("podcast-phone")
    await page.get_by_role("button", name="Back").click()
    await page.get_by_role("tab", name="Episodes", exact=True).click()
    await expect(page.get_by_text("3 Nov 2026 · played · Tidal Tales")).to_be_visible()
    await page.get_by_role("tab", name="Favourite episodes").click()
    await expect(page.get_by_text("Tide 1")).to_be_visible()
    await expect(page.get_by_text("Tide 2")).to_have_count(0)
    found = await home.api.ask("moosicbox.search_library", query="tide 1", kinds=["episode"])
    assert found["items"][0]["album"] == "Tidal Tales"
    await page.get_by_role("tab", name="Podcasts").click()
    await page.get_by_role("button", name="Tidal Tales").first.click()
    await page.get_by_role("button", name="Unsubscribe").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("Podcasts that an administrator subscribes to")).to_be_visible()
    assert tab.errors == []
