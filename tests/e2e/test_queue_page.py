"""The queue on the page: moved by pointer and keyboard, by two at once, emptied and brought back."""

from collections.abc import AsyncGenerator

from playwright.async_api import Page, expect
import pytest
import pytest_asyncio

from .conftest import OpenTab
from .home import Home
from .pages import make_room, rows_of
from .tabs import PHONE, Tab

pytestmark = pytest.mark.usefixtures("close_rooms")

SONGS = ("brass-morning.flac", "copper-rain.mp3", "paper-lantern.flac")
ENTITY = "media_player.workshop"
LONG_QUEUE = 40
"""More items than are in view, with those around them."""
TITLES = ["Brass Morning", "Copper Rain", "Paper Lantern"]


@pytest_asyncio.fixture(loop_scope="session")
async def room(home: Home, open_tab: OpenTab) -> AsyncGenerator[Tab]:
    """A room with three songs in its queue, and its host's page."""
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, "Workshop", control="everyone")
    for song in SONGS:
        media = f"media-source://media_source/local/{song}"
        await home.api.call("moosicbox.queue_add", entity_id=ENTITY, media_content_id=media)
    await expect(host.page.get_by_text("3 items")).to_be_visible()
    assert await rows_of(host.page) == TITLES
    yield host


async def drag(page: Page, title: str, rows: int) -> None:
    """Drag an item by its handle, some rows down. It stays there when it is let go."""
    handle = page.get_by_role("button", name=f"Move {title}:")
    box = await handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x, y + rows * 32, steps=4)
    await page.mouse.move(x, y + rows * 64, steps=4)
    # The others make room before it is let go.
    dragged = page.locator(".row.dragged")
    await expect(dragged).to_have_count(1)
    place = await dragged.evaluate(
        """(row) => {
            addEventListener("pointerup", () => (window.dropped = Number(row.ariaPosInSet)), { once: true });
            return Number(row.ariaPosInSet);
        }"""
    )
    await page.mouse.up()
    assert await page.evaluate("window.dropped") == place + rows


async def test_dragging_moves_the_item_on_all_pages(room: Tab, open_tab: OpenTab) -> None:
    host = room
    other = await open_tab("/moosicbox/rooms")
    await other.page.get_by_role("region", name="Workshop", exact=True).get_by_role("button", name="Join").click()
    await expect(other.page.get_by_text("3 items")).to_be_visible()
    await drag(host.page, "Brass Morning", 2)
    moved = ["Copper Rain", "Paper Lantern", "Brass Morning"]
    assert await rows_of(host.page) == moved
    await expect(other.page.locator(".row-title").first).to_have_text("Copper Rain")
    assert await rows_of(other.page) == moved

    # Both at once: to the front and to the end. Both changes stand, on both pages.
    front = other.page.get_by_role("button", name="Move Paper Lantern:")
    await front.focus()
    await drag(host.page, "Copper Rain", 2)
    await front.press("Home")
    agreed = ["Paper Lantern", "Brass Morning", "Copper Rain"]
    for page in host.page, other.page:
        await expect(page.locator(".row").first).to_contain_text("Paper Lantern")
        await expect(page.locator(".row").last).to_contain_text("Copper Rain")
        assert await rows_of(page) == agreed
    # The row that is moved by keyboard keeps the focus.
    await expect(front).to_be_focused()
    assert host.errors == other.errors == []


async def test_a_row_keeps_the_focus_when_it_is_moved_out_of_view(home: Home, room: Tab) -> None:
    page = room.page
    media = f"media-source://media_source/local/{SONGS[1]}"
    for _ in range(LONG_QUEUE - len(SONGS)):
        await home.api.call("moosicbox.queue_add", entity_id=ENTITY, media_content_id=media)
    await expect(page.get_by_text(f"{LONG_QUEUE} items")).to_be_visible()
    handle = page.get_by_role("button", name="Move Brass Morning:")
    await handle.focus()
    for key, place in ("End", LONG_QUEUE), ("PageUp", LONG_QUEUE - 10), ("ArrowUp", LONG_QUEUE - 11), ("Home", 1):
        await page.keyboard.press(key)
        await expect(page.get_by_text(f"Brass Morning is now at {place} of {LONG_QUEUE}")).to_be_attached()
        await expect(handle).to_be_focused()
        await expect(handle).to_be_in_viewport()


async def test_keyboard_menu_and_undo(room: Tab) -> None:
    page = room.page
    await page.get_by_role("button", name="Move Paper Lantern:").focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_text("Paper Lantern is now at 2 of 3")).to_be_attached()
    assert await rows_of(page) == ["Brass Morning", "Paper Lantern", "Copper Rain"]

    await page.get_by_role("button", name="More about Copper Rain").press("Enter")
    await page.keyboard.press("End")
    await expect(page.get_by_role("menuitem", name="Remove")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("2 items")).to_be_visible()

    await page.get_by_role("button", name="Clear").click()
    await expect(page.get_by_text("The queue is empty")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("2 items")).to_be_visible()
    assert await rows_of(page) == ["Brass Morning", "Paper Lantern"]


async def test_changes_made_offline_arrive_later(home: Home, room: Tab) -> None:
    host = room
    page = host.page
    await page.get_by_role("tab", name="Chat").click()
    network = await page.context.new_cdp_session(page)
    await network.send("Network.enable")
    await page.context.set_offline(True)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.get_by_text("No connection to Home Assistant")).to_be_visible(timeout=45_000)
    await page.get_by_role("textbox", name="Write a message").fill("Still here")
    await page.keyboard.press("Enter")
    await page.context.set_offline(False)
    await network.detach()
    await expect(page.get_by_role("log").get_by_text("Still here")).to_be_visible(timeout=45_000)
    await expect(page.get_by_text("No connection to Home Assistant")).to_be_hidden()


async def test_a_phone_shows_one_part_at_a_time(home: Home, room: Tab, open_tab: OpenTab) -> None:
    """One thing at a time, and nothing wider than the screen."""
    tab = await open_tab("/moosicbox/rooms", viewport={**PHONE, "width": 320})
    page = tab.page
    await page.get_by_role("region", name="Workshop", exact=True).get_by_role("button", name="Join").click()
    await expect(page.get_by_role("region", name="Controls of Workshop")).to_be_visible()
    await page.get_by_role("tab", name="Queue").click()
    await expect(page.get_by_role("region", name="Controls of Workshop")).to_be_hidden()
    await expect(page.get_by_text("3 items")).to_be_visible()
    assert await rows_of(page) == TITLES
    wide = "() => document.documentElement.scrollWidth > innerWidth"
    assert not await page.evaluate(wide)
    await page.get_by_role("tab", name="Chat").click()
    field, bar = page.get_by_role("textbox", name="Write a message"), page.get_by_role("navigation", name="Pages")
    await expect(field).to_be_visible()
    field_box, bar_box = await field.bounding_box(), await bar.bounding_box()
    assert field_box is not None
    assert bar_box is not None
    assert field_box["y"] + field_box["height"] <= bar_box["y"]
    await tab.screenshot("queue-phone")
