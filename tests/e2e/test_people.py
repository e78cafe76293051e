"""The data of one user: favourites, the history, and smart playlists, from the panel."""

from playwright.async_api import ViewportSize, expect
import pytest

from script.lib.music import SONGS

from .conftest import OpenTab
from .home import Home
from .pages import still, violations
from .tabs import DESKTOP, PHONE


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_my_favourites_and_history(home: Home, open_tab: OpenTab, viewport: ViewportSize) -> None:
    """Mark a song by its menu, find it among the own favourites, and take it away."""
    tab = await open_tab("/moosicbox/library", viewport=viewport)
    page, song = tab.page, SONGS[1].title
    await page.get_by_role("tab", name="Songs").click()
    await page.get_by_role("button", name=f"More about {song}").click()
    await page.get_by_role("menuitem", name="Add to my favourites").click()
    await page.get_by_role("tab", name="My favourites").click()
    await expect(page.get_by_role("button", name=f"More about {song}")).to_be_visible()
    await page.get_by_role("tab", name="Favourites", exact=True).click()
    await expect(page.get_by_role("tabpanel", name="Favourites", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name=f"More about {song}")).to_have_count(0)
    await page.get_by_role("tab", name="My favourites").click()
    await page.get_by_role("button", name=f"More about {song}").click()
    await page.get_by_role("menuitem", name="Remove from my favourites").click()
    await page.get_by_role("tab", name="History").click()
    await expect(page.get_by_text("ListenBrainz", exact=True)).to_be_visible()
    await page.get_by_text("ListenBrainz", exact=True).click()
    await expect(page.get_by_label("User token of ListenBrainz")).to_be_visible()
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    await tab.screenshot(f"history-{viewport['width']}")
    assert tab.errors == []


async def test_a_smart_playlist_from_the_phone(home: Home, open_tab: OpenTab) -> None:
    """Make one, open it, change its rules, and delete it."""
    tab = await open_tab("/moosicbox/library", viewport=PHONE)
    page = tab.page
    await page.get_by_role("tab", name="Playlists").click()
    await page.get_by_role("button", name="New smart playlist").click()
    dialog = page.get_by_role("dialog", name="New smart playlist")
    await dialog.get_by_label("Name").fill("Rainy")
    await dialog.get_by_role("button", name="Add a rule").click()
    await dialog.get_by_label("Property").select_option("title")
    await dialog.get_by_label("Comparison").select_option("contains")
    await dialog.get_by_role("textbox", name="Value").fill("rain")
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    await tab.screenshot("smart-playlist-phone")
    await dialog.get_by_role("button", name="Create").click()
    await expect(dialog).to_have_count(0)
    await page.get_by_role("button", name="Rainy").first.click()
    await expect(page.get_by_text(SONGS[1].title)).to_be_visible()
    # The bar at the bottom shows what plays.
    await expect(page.get_by_role("listitem").filter(has_text=SONGS[0].title)).to_have_count(0)
    await page.get_by_role("button", name="Edit rules").click()
    dialog = page.get_by_role("dialog", name="Edit rules")
    await dialog.get_by_role("textbox", name="Value").fill("brass")
    await dialog.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Rainy").first.click()
    await expect(page.get_by_text(SONGS[0].title)).to_be_visible()
    await page.get_by_role("button", name="Delete playlist").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("button", name="Rainy")).to_have_count(0)
    assert tab.errors == []
