"""Lyrics in the panel, in a card and for a guest: each line while it is sung."""

from collections.abc import AsyncGenerator
from pathlib import Path

from playwright.async_api import Page, expect
import pytest_asyncio

from script.lib.music import SONGS

from .conftest import OpenTab
from .home import Home
from .pages import card_shown, come_in, invite_link, make_room, still, violations
from .tabs import PHONE, Tab, Tabs

LINES = tuple(f"Line {number}" for number in range(10))
EVERY_SECONDS = 2
# Keeps the lines that become the current one, in their order, after the one that is it already.
RECORD = """(lyrics) => {
  window.seen = [...lyrics.querySelectorAll("[aria-current]")].map(({textContent}) => textContent);
  new MutationObserver((changes) => {
    for (const {target} of changes) {
      if (target.getAttribute("aria-current")) window.seen.push(target.textContent);
    }
  }).observe(lyrics, {subtree: true, attributeFilter: ["aria-current"]});
}"""


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def lyrics(home: Home) -> AsyncGenerator[Path]:
    """An LRC file beside the first song."""
    path = (home.folder.media / SONGS[0].file_name).with_suffix(".lrc")
    path.write_text("".join(f"[00:{n * EVERY_SECONDS:02}.00]{line}\n" for n, line in enumerate(LINES)))
    yield path
    path.unlink()


async def play(home: Home, entity_id: str) -> None:
    """Play the first song of the library."""
    found = await home.api.ask("moosicbox.search_library", query=SONGS[0].title, kinds=["track"])
    media = f"media-source://moosicbox/track/{found['items'][0]['track_id']}"
    await home.api.call(
        "media_player.play_media", entity_id=entity_id, media_content_id=media, media_content_type="track"
    )


async def open_lyrics(page: Page) -> None:
    await page.get_by_role("button", name="Lyrics").click()
    await expect(page.get_by_role("region", name="Lyrics").get_by_role("button", name=LINES[3])).to_be_visible()


async def test_lines_follow_the_music_and_lead_to_their_place(
    home: Home, open_tab: OpenTab, tabs: Tabs, close_rooms: None
) -> None:
    host = await open_tab("/moosicbox/rooms")
    page = host.page
    await make_room(host, "Singing")
    context = await (await tabs.browser()).new_context(viewport=PHONE, locale="en-GB", has_touch=True)
    guest = Tab(await context.new_page())
    await guest.page.goto(await invite_link(host))
    await come_in(guest.page, "Gus")
    await play(home, "media_player.singing")
    # On a slow machine, the song would end before its lines are read.
    await home.api.call("media_player.repeat_set", entity_id="media_player.singing", repeat="one")
    await open_lyrics(page)
    await page.get_by_role("region", name="Lyrics").evaluate(RECORD)
    await page.get_by_role("button", name=LINES[2]).click()
    await page.wait_for_function("lines => window.seen.join().includes(lines)", arg=",".join(LINES[2:5]))
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    await host.screenshot("lyrics")

    # A guest follows the same lines, and can't seek.
    await guest.page.get_by_role("tab", name="Playing").click()
    await guest.page.get_by_role("button", name="Lyrics").click()
    line = guest.page.get_by_role("region", name="Lyrics").get_by_role("button", name=LINES[6])
    await expect(line).to_be_disabled()
    await expect(guest.page.get_by_role("region", name="Lyrics").locator("[aria-current]")).to_have_count(1)
    await guest.screenshot("lyrics-guest")
    assert host.errors == guest.errors == []
    await context.close()


async def test_a_card_with_lyrics_in_german(home: Home, open_tab: OpenTab, close_rooms: None) -> None:
    tab = await open_tab("/moosicbox/rooms")
    await make_room(tab, "Card song")
    async with home.api.websocket() as websocket:
        await websocket.command("lovelace/dashboards/create", url_path="card-lyrics", title="Lyrics")
        card = {"type": "custom:moosicbox-card", "entity": "media_player.card_song", "show_lyrics": True}
        view = {"title": "Home", "cards": [card]}
        await websocket.command("lovelace/config/save", url_path="card-lyrics", config={"views": [view]})
    async with home.language("de"):
        await play(home, "media_player.card_song")
        dashboard = await open_tab("/card-lyrics/0")
        await card_shown(dashboard.page)
        text = dashboard.page.get_by_role("region", name="Songtext")
        await expect(text.get_by_role("button", name=LINES[0])).to_be_visible()
        await still(dashboard.page)
        assert await violations(dashboard.page, "moosicbox-card") == []
        await dashboard.screenshot("card-lyrics")
    assert dashboard.errors == []
