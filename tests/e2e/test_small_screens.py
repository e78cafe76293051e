"""Every page on the smallest phone: nothing cut off, nothing under the bars."""

from playwright.async_api import ViewportSize, expect
import pytest

from .conftest import OpenTab
from .home import Home
from .pages import come_in, invite_link, make_room, misfits
from .tabs import TABLET, Tabs

pytestmark = pytest.mark.usefixtures("close_rooms")

SMALLEST: ViewportSize = {"width": 320, "height": 568}
NAME = "Everybody who can't sleep on Sundays and would rather listen to something"
SONG = "media-source://media_source/local/brass-morning.flac"


async def test_pages_fit_the_smallest_screen(home: Home, open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox/listen", viewport=SMALLEST)
    page = tab.page
    await expect(page.get_by_role("button", name="Play on this device")).to_be_visible()
    assert await misfits(page, "moosicbox-panel") == []
    for name in "Library", "Rooms", "Hub":
        await page.get_by_role("link", name=name).click()
        await expect(page.locator("moosicbox-panel main .lazy > *")).to_be_visible()
        assert await misfits(page, "moosicbox-panel") == []


@pytest.mark.parametrize("viewport", [SMALLEST, TABLET], ids=["phone", "tablet"])
async def test_room_with_a_long_name(home: Home, open_tab: OpenTab, viewport: dict[str, int]) -> None:
    tab = await open_tab("/moosicbox/rooms", viewport=viewport)
    page = tab.page
    await make_room(tab, NAME)
    await home.api.call(
        "media_player.play_media",
        entity_id="media_player.everybody_who_can_t_sleep_on_sundays_and_would_rather_listen_to_something",
        media_content_id=SONG,
        media_content_type="music",
    )
    await expect(page.get_by_role("region", name="Controls of")).to_contain_text("Brass Morning")
    assert await misfits(page, "moosicbox-panel") == []
    for name in "Queue", "People", "Chat":
        await page.get_by_role("tab", name=name).click()
        assert await misfits(page, "moosicbox-panel") == []
    # The current track is shown at the bottom of the other pages, above the bar.
    for name in "Library", "Rooms":
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("region", name="Now playing")).to_be_visible()
        assert await misfits(page, "moosicbox-panel") == []


async def test_guests_page(home: Home, tabs: Tabs, open_tab: OpenTab) -> None:
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, NAME)
    link = await invite_link(host)
    context = await (await tabs.browser()).new_context(viewport=SMALLEST, locale="en-GB")
    page = await context.new_page()
    await page.goto(link)
    await expect(page.get_by_label("Your name")).to_be_visible()
    assert await misfits(page, "moosicbox-guest-page") == []
    await come_in(page, "Gus with a name that is rather long as well, thank you")
    for name in "Playing", "Music", "Queue", "People", "Chat":
        await page.get_by_role("tab", name=name, exact=name != "People").click()
        assert await misfits(page, "moosicbox-guest-page") == []
    await context.close()
