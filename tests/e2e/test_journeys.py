"""Whole evenings: three browsers at a party, a restart in the middle of it, and what a phone has for it."""

from collections.abc import AsyncGenerator
import re

from playwright.async_api import BrowserContext, Page, expect
import pytest
import pytest_asyncio

from .conftest import OpenTab
from .home import Home
from .pages import come_in, invite_link, make_room, rows_of, still, violations
from .tabs import DESKTOP, PHONE, Tab, Tabs

pytestmark = pytest.mark.usefixtures("close_rooms")

SONGS = ("brass-morning.flac", "copper-rain.mp3", "paper-lantern.flac")
ENTITY = "media_player.evening"


async def fill(home: Home) -> None:
    """Three songs into the room's queue."""
    for song in SONGS:
        media = f"media-source://media_source/local/{song}"
        await home.api.call("moosicbox.queue_add", entity_id=ENTITY, media_content_id=media)


@pytest_asyncio.fixture(loop_scope="session")
async def phone(tabs: Tabs) -> AsyncGenerator[BrowserContext]:
    """A phone that never saw this Home Assistant."""
    context = await (await tabs.browser()).new_context(viewport=PHONE, locale="en-GB", has_touch=True)
    yield context
    await context.close()


async def test_three_browsers_vote_a_song_away(home: Home, open_tab: OpenTab, phone: BrowserContext) -> None:
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, "Evening", control="votes")
    await fill(home)
    other = await open_tab("/moosicbox/rooms", dark=True)
    await other.page.get_by_role("region", name="Evening", exact=True).get_by_role("button", name="Join").click()
    guest = Tab(await phone.new_page())
    await guest.page.goto(await invite_link(host))
    await come_in(guest.page, "Gus")
    await expect(host.page.locator(".person")).to_have_count(3)

    await host.page.get_by_role("button", name="Play", exact=True).click()
    await guest.page.get_by_role("tab", name="Playing").click()
    pages = host.page, other.page, guest.page
    for page in pages:
        await expect(page.get_by_role("region", name="Controls of Evening")).to_contain_text("Brass Morning")
    # The guest adds a song of the library, and all see whose it is.
    await guest.page.get_by_role("tab", name="Music").click()
    await guest.page.get_by_role("searchbox", name="Search").fill("copper")
    await guest.page.get_by_role("button", name="Add Copper Rain to the queue").click()
    await other.page.get_by_role("tab", name="Queue").click()
    await expect(other.page.get_by_role("list", name="Queue")).to_contain_text("Added by Gus")

    # Two users are here, of whom one has two browsers: both have to want it.
    await guest.page.get_by_role("tab", name="Playing").click()
    await guest.page.get_by_role("button", name="Vote to skip").click()
    await expect(guest.page.get_by_role("button", name="You voted to skip (1 of 2)")).to_be_disabled()
    await other.page.get_by_role("button", name="Vote to skip (1 of 2)").click()
    for page in pages:
        await expect(page.get_by_role("region", name="Controls of Evening")).to_contain_text("Copper Rain")
    assert host.errors == other.errors == guest.errors == []


async def test_restart_in_the_middle_of_a_party(home: Home, open_tab: OpenTab) -> None:
    """The pages say what is amiss, come back by themselves, and all is as it was."""
    host = await open_tab("/moosicbox/rooms")
    page = host.page
    await make_room(host, "Evening")
    await fill(home)
    await expect(page.get_by_text("3 items")).to_be_visible()
    await page.get_by_role("button", name="Play", exact=True).click()
    await expect(page.get_by_role("region", name="Controls of Evening")).to_contain_text("Brass Morning")
    await page.get_by_role("tab", name="Chat").click()
    await page.get_by_role("textbox", name="Write a message").fill("Before")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log").get_by_text("Before")).to_be_visible()
    await home.restart()
    await expect(page.get_by_text("No connection to Home Assistant")).to_be_hidden(timeout=60_000)
    await page.get_by_role("textbox", name="Write a message").fill("After")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log").get_by_text("After")).to_be_visible(timeout=60_000)
    await page.get_by_role("tab", name="Queue").click()
    await expect(page.get_by_text("3 items")).to_be_visible()
    assert await rows_of(page) == ["Brass Morning", "Copper Rain", "Paper Lantern"]
    await page.get_by_role("tab", name="People").click()
    await expect(page.locator(".person")).to_have_count(1)
    await expect(page.locator(".person")).to_contain_text("Host")


async def swipe(page: Page, title: str, by: int) -> None:
    """A finger moves over a row to the left."""
    box = await page.get_by_role("listitem").filter(has_text=title).bounding_box()
    assert box is not None
    touch = await page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 6):
        points = [{"x": x - by * step / 5, "y": y}]
        await touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points})
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await touch.detach()


async def test_swiped_out_of_the_queue(home: Home, open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox/rooms", viewport=PHONE, has_touch=True)
    page = tab.page
    await make_room(tab, "Evening")
    await fill(home)
    await page.get_by_role("tab", name="Queue").click()
    await expect(page.get_by_text("3 items")).to_be_visible()
    await swipe(page, "Copper Rain", 60)  # Not far enough.
    await swipe(page, "Paper Lantern", 160)
    await expect(page.get_by_text("2 items")).to_be_visible()
    assert await rows_of(page) == ["Brass Morning", "Copper Rain"]
    await swipe(page, "Brass Morning", 160)
    await expect(page.get_by_text("Brass Morning removed")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("2 items")).to_be_visible()
    assert await rows_of(page) == ["Brass Morning", "Copper Rain"]
    assert tab.errors == []


async def test_lock_screen_and_clicks(home: Home, new_tab: OpenTab) -> None:
    """Test clicks, the controls on the lock screen, and the screen that stays awake while it plays."""
    tab = await new_tab(viewport={"width": 820, "height": 1100}, has_touch=True)
    page = tab.page
    await page.add_init_script(
        "window.locks = []; const ask = navigator.wakeLock.request.bind(navigator.wakeLock);"
        " navigator.wakeLock.request = async (kind) => { const lock = await ask(kind); window.locks.push(lock); return lock; }"
    )
    await page.goto("/moosicbox")
    await page.get_by_label("Name of this player").fill("Shelf")
    await page.get_by_role("button", name="Play on this device").click()
    await home.api.wait_for_state("media_player.shelf", lambda state: state["state"] != "unavailable")
    # Silent but for the clicks.
    await page.get_by_text("Delay of the loudspeakers").click()
    assert await page.evaluate("window.moosicbox.player.signal()") == 0
    await page.get_by_role("button", name="Play test clicks").click()
    await expect(page.get_by_role("button", name="Stop test clicks")).to_be_visible()
    await page.wait_for_function("() => window.moosicbox.player.signal() > 0.001")
    await page.get_by_role("button", name="Stop test clicks").click()

    await home.api.call(
        "media_player.play_media",
        entity_id="media_player.shelf",
        media_content_id="media-source://media_source/local/copper-rain.mp3",
        media_content_type="music",
    )
    await page.wait_for_function("() => navigator.mediaSession.metadata?.title === 'Copper Rain'")
    await page.wait_for_function("() => navigator.mediaSession.playbackState === 'playing'")
    artwork = await page.evaluate("navigator.mediaSession.metadata.artwork[0].src")
    assert (await page.request.get(artwork)).ok
    await page.wait_for_function("() => window.locks.filter(({released}) => !released).length === 1")
    await page.get_by_role("button", name="Pause").click()
    await page.wait_for_function("() => navigator.mediaSession.playbackState === 'paused'")
    await page.wait_for_function("() => window.locks.every(({released}) => released)")
    await page.get_by_role("button", name="Stop playing here").click()
    await page.wait_for_function("() => navigator.mediaSession.metadata === null")
    await home.forget_player("media_player.shelf")
    assert tab.errors == []


async def party_is_accessible(page: Page) -> None:
    """Go through all pages of a party, from the room that is shown, and let axe look at each."""
    assert await violations(page, "moosicbox-panel") == []
    for name in "Queue", "People", "Chat":
        await page.get_by_role("tab", name=re.compile(f"^{name}")).click()
        assert await violations(page, "moosicbox-panel") == []
    await page.get_by_role("link", name="Library").click()
    for name in "Albums", "Artists", "Songs", "Genres", "Playlists", "Favourites":
        await page.get_by_role("tab", name=re.compile(f"^{name}")).click()
        await expect(page.locator(".library .item-list > :is(:not([hidden]))").first).to_be_visible()
        assert await violations(page, "moosicbox-panel") == []
    await page.get_by_role("tab", name="Albums").click()
    await page.get_by_role("button", name="Three Turns of the Key").first.click()
    await expect(page.get_by_role("heading", name="Three Turns of the Key")).to_be_visible()
    assert await violations(page, "moosicbox-panel") == []
    await page.get_by_role("button", name="Back").click()
    for name in "Rooms", "Hub":
        await page.get_by_role("link", name=name).click()
        await expect(page.locator("moosicbox-panel main .lazy > *")).to_be_visible()
        assert await violations(page, "moosicbox-panel") == []


async def test_a_party_is_accessible(home: Home, open_tab: OpenTab, subtests: pytest.Subtests) -> None:
    """On a phone and on a desk, light and dark: the page follows the screen without being loaded anew."""
    tab = await open_tab("/moosicbox/rooms")
    page = tab.page
    await make_room(tab, "Evening", control="votes")
    await fill(home)
    await home.api.call("media_player.repeat_set", entity_id=ENTITY, repeat="all")
    await home.api.call("media_player.media_play", entity_id=ENTITY)
    await home.api.call("moosicbox.room_chat", entity_id=ENTITY, message="Good evening")
    for viewport in PHONE, DESKTOP:
        for scheme in "light", "dark":
            with subtests.test(viewport=viewport, scheme=scheme):
                await page.set_viewport_size(viewport)
                await page.emulate_media(color_scheme=scheme)
                await page.get_by_role("link", name="Listen").click()
                if viewport is PHONE:
                    await page.get_by_role("tab", name="Playing").click()
                await expect(page.get_by_role("button", name="Pause")).to_be_visible()
                # The picture's colours are there.
                await expect(page.locator(".player > .artwork:not([data-missing])")).to_be_visible()
                await still(page)
                await party_is_accessible(page)


async def test_a_part_that_could_not_be_fetched_comes_later(home: Home, new_tab: OpenTab) -> None:
    tab = await new_tab()
    page = tab.page
    await page.route("**/ui/room/room-list.js", lambda route: route.abort())
    await page.goto("/moosicbox/rooms")
    await expect(page.get_by_text("This part of the page could not be loaded")).to_be_visible()
    await page.unroute_all()
    # With the next that is heard of the hub.
    await home.api.call("moosicbox.create_room", name="Evening")
    await expect(page.get_by_role("region", name="Evening", exact=True)).to_be_visible()


async def test_a_tap_on_a_song_plays_it(home: Home, open_tab: OpenTab) -> None:
    """It plays at once when no other player is affected; so do the keys of the keyboard."""
    tab = await open_tab("/moosicbox")
    page = tab.page
    await page.get_by_label("Name of this player").fill("Desk")
    await page.get_by_role("button", name="Play on this device").click()
    await expect(page.get_by_role("region", name="Controls of Desk")).to_be_visible()
    await page.get_by_role("link", name="Library").click()
    await page.get_by_role("tab", name="Songs").click()
    song = page.get_by_role("listitem").filter(has_text="Paper Lantern").get_by_role("button").first
    await song.click()
    playing = page.get_by_role("region", name="Now playing")
    await expect(playing).to_contain_text("Paper Lantern")
    await page.wait_for_function("() => window.moosicbox.player.signal() > 0.001")
    await page.get_by_role("listitem").filter(has_text="Copper Rain").get_by_role("button").first.press("Enter")
    await expect(playing).to_contain_text("Copper Rain")
    await page.get_by_role("link", name="Listen").click()
    await page.get_by_role("button", name="Stop playing here").click()
    await home.forget_player("media_player.desk")
    assert tab.errors == []
