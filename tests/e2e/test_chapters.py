"""An audiobook with chapters in the panel: the list leads to each, and the sleep timer can end with one."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import re
from typing import Any

from playwright.async_api import expect
import pytest_asyncio

from script.lib.books import put_book

from .conftest import OpenTab
from .home import Home
from .pages import make_room, still, violations
from .test_player import become_player

BOOK = "Tales of the Quay"
FILE = "quay.m4b"
PATIENCE = 60
# Keeps the audio elements that the player makes from now on.
KEEP_ELEMENTS = """() => {
  window.elements = [];
  window.Audio = class extends Audio {
    constructor(...options) {
      super(...options);
      window.elements.push(this);
    }
  };
}"""
AT_DOUBLE_SPEED = """() => window.elements.some(
  (element) => !element.paused && element.playbackRate === 2 && element.preservesPitch
)"""


async def found(home: Home, *, present: bool) -> Any:
    """Return the book once it is in the library, or None once it isn't."""
    async with asyncio.timeout(PATIENCE):
        while True:
            items = (await home.api.ask("moosicbox.search_library", query=BOOK))["items"]
            hit = next((item for item in items if item.get("title") == BOOK and "track_id" in item), None)
            if (hit is not None) == present:
                return hit
            await asyncio.sleep(0.3)


@pytest_asyncio.fixture(loop_scope="session")
async def book(home: Home) -> AsyncGenerator[str]:
    """The media id of a book of four hundred seconds."""
    path = home.folder.media / FILE
    await asyncio.to_thread(put_book, path, 400, title=BOOK, artist="Ana", album=BOOK)
    await home.api.call("moosicbox.scan_library")
    yield (await found(home, present=True))["media_content_id"]
    await remove(home, path)


async def remove(home: Home, book: Path) -> None:
    """Remove a book from the library."""
    book.unlink(missing_ok=True)
    await home.api.call("moosicbox.scan_library")
    await found(home, present=False)


async def test_chapters_lead_to_their_places(home: Home, open_tab: OpenTab, book: str, close_rooms: None) -> None:
    tab = await open_tab("/moosicbox/rooms")
    page = tab.page
    await make_room(tab, "Reading")
    await home.api.call(
        "media_player.play_media",
        entity_id="media_player.reading",
        media_content_id=book,
        media_content_type="track",
    )
    await expect(page.get_by_text("Chapter 1 of 3: Cliff")).to_be_visible()
    await page.get_by_role("button", name="Chapters").click()
    chapters = page.get_by_role("region", name="Chapters")
    await chapters.get_by_role("button", name="Größe").click()
    await expect(page.get_by_text("Chapter 2 of 3: Größe")).to_be_visible()
    await expect(chapters.locator("[aria-current]")).to_contain_text("Größe")
    await chapters.get_by_role("button", name="Next chapter").click()
    await expect(chapters.locator("[aria-current]")).to_contain_text("Harbour")
    await expect(chapters.get_by_role("button", name="Next chapter")).to_be_disabled()
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    await tab.screenshot("chapters")

    await page.get_by_role("link", name="Household").click()
    timers = page.get_by_role("region", name="Sleep timer")
    await timers.get_by_role("combobox").select_option(label="Reading")
    await timers.get_by_role("button", name="End of the chapter").click()
    await expect(timers.get_by_text("Reading: until the end of the chapter")).to_be_visible()
    await timers.get_by_role("button", name="Cancel the sleep timer of Reading").click()
    await expect(timers.get_by_text("Reading: until the end of the chapter")).to_have_count(0)

    async with home.language("de"):
        await page.goto("/moosicbox/listen")
        await expect(page.get_by_text("Kapitel 3 von 3: Harbour")).to_be_visible()
    assert tab.errors == []


async def test_chapters_of_a_deleted_book_are_not_awaited(
    home: Home, open_tab: OpenTab, book: str, close_rooms: None
) -> None:
    tab = await open_tab("/moosicbox/rooms")
    page = tab.page
    await make_room(tab, "Reading")
    await home.api.call(
        "media_player.play_media", entity_id="media_player.reading", media_content_id=book, media_content_type="track"
    )
    await expect(page.get_by_text(re.compile("Chapter [123] of 3"))).to_be_visible()
    await remove(home, home.folder.media / FILE)
    await page.get_by_role("button", name="Chapters").click()
    await expect(page.get_by_role("region", name="Chapters").get_by_text("No chapters were found.")).to_be_visible()
    assert tab.errors == []


async def test_a_book_at_another_speed(home: Home, open_tab: OpenTab, book: str) -> None:
    tab = await open_tab("/moosicbox")
    player = await become_player(home, tab, "Reader")
    await player.page.evaluate(KEEP_ELEMENTS)
    await player.play(book)
    await player.wait_until_heard()
    await player.card.get_by_label("Speed").select_option(label="2×")
    await player.wait_for_state("playing", speed=2)
    await player.page.wait_for_function(AT_DOUBLE_SPEED)
    await player.wait_until_heard()
    await still(player.page)
    assert await violations(player.page, "moosicbox-panel") == []
    await tab.screenshot("speed")
    # Another place is reached at the same speed; a pause and a normal speed end it.
    await player.call("media_seek", seek_position=200)
    await player.wait_until_past(201)
    await player.page.wait_for_function(AT_DOUBLE_SPEED)
    await player.card.get_by_label("Speed").select_option(label="1×")
    await player.page.wait_for_function(f"() => !({AT_DOUBLE_SPEED})()")
    await player.wait_until_heard()
    assert player.tab.errors == []
    await player.forget()


async def test_a_book_is_continued_from_the_list(home: Home, open_tab: OpenTab, book: str, close_rooms: None) -> None:
    tab = await open_tab("/moosicbox/rooms")
    page = tab.page
    await make_room(tab, "Evening")
    evening = {"entity_id": "media_player.evening"}
    await home.api.call("media_player.play_media", **evening, media_content_id=book, media_content_type="track")
    await home.api.call("media_player.media_seek", **evening, seek_position=200)
    await home.api.call("media_player.media_stop", **evening)
    await page.goto("/moosicbox/library")
    panel = page.get_by_role("tabpanel")
    await page.get_by_role("tab", name="Songs").click()
    await expect(panel.get_by_text("Brass Morning").first).to_be_visible()
    await expect(panel.get_by_text(BOOK)).to_have_count(0)
    await page.get_by_role("tab", name="Audiobooks").click()
    await expect(page.get_by_text(re.compile("Ana · 5[0-9] % heard"))).to_be_visible()
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    await tab.screenshot("audiobooks")
    await panel.get_by_role("button", name=BOOK).first.click()
    await panel.get_by_role("button", name="Continue").click()
    await home.api.wait_for_state(evening["entity_id"], lambda entity: entity["attributes"].get("chapter") == "Größe")
    await panel.get_by_role("button", name="Back").click()
    await panel.get_by_role("button", name=f"More about {BOOK}").click()
    await page.get_by_role("menuitem", name="Mark as played").click()
    await page.get_by_role("tab", name="Songs").click()
    await page.get_by_role("tab", name="Audiobooks").click()
    await expect(panel.get_by_text("Ana · played")).to_be_visible()
    assert tab.errors == []
