"""A browser as a player of a real Home Assistant: seen, heard and controlled from both sides."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Locator, Page, expect
import pytest
import pytest_asyncio
import pytest_socket

from script.lib.process import free_port

from .conftest import OpenTab
from .home import Home
from .tabs import PHONE, Tab, Tabs

SONG = "media-source://media_source/local/brass-morning.flac"
SONG_TITLE = "Brass Morning"
OTHER_SONG = "media-source://media_source/local/copper-rain.mp3"
OTHER_TITLE = "Copper Rain"
HEARD = "() => window.moosicbox?.player.signal() > 0.001"
SILENT = "() => window.moosicbox.player.signal() < 0.00001"
# The measured position of the sound, not the expected one.
POSITION = "() => window.moosicbox.player.status.position"
# The policy of browsers as people have them; "user-gesture-required" lets a page's own Web Audio through.
SOUND_AFTER_A_CLICK = "document-user-activation-required"
WANTS_A_CLICK = "window.moosicbox?.player.status?.needsInteraction"
RECONNECT_MS = 60_000


@dataclass
class PlayerTab:
    """A tab that is a player, and its entity."""

    home: Home
    tab: Tab
    name: str
    entity_id: str

    @property
    def page(self) -> Page:
        return self.tab.page

    @property
    def card(self) -> Locator:
        """The page's controls of this player."""
        return self.page.get_by_role("region", name=f"Controls of {self.name}", exact=True)

    async def call(self, action: str, **data: Any) -> None:
        """Call an action of the media player's domain for this player."""
        await self.home.api.call(f"media_player.{action}", entity_id=self.entity_id, **data)

    async def play(self, media_content_id: str = SONG, **data: Any) -> None:
        await self.call("play_media", media_content_id=media_content_id, media_content_type="music", **data)

    async def wait_for_state(self, state: str, **attributes: Any) -> dict[str, Any]:
        """Return the entity when it has that state and those attributes."""
        return await self.home.api.wait_for_state(
            self.entity_id,
            lambda entity: (
                entity["state"] == state
                and all(entity["attributes"].get(name) == value for name, value in attributes.items())
            ),
        )

    async def wait_until_heard(self) -> None:
        await self.page.wait_for_function(HEARD)

    async def wait_until_silent(self) -> None:
        await self.page.wait_for_function(SILENT)

    async def wait_until_past(self, seconds: float) -> None:
        await self.page.wait_for_function(f"seconds => ({POSITION})() > seconds", arg=seconds)

    async def reset(self) -> None:
        """Stop, empty the queue, set the volume of a new player, and show the page Listen, for a test in a shared tab."""
        await self.call("volume_set", volume_level=0.3)
        await self.call("volume_mute", is_volume_muted=False)
        await self.call("media_stop")
        await self.call("clear_playlist")
        await self.wait_for_state("idle", queue_size=0, volume_level=0.3, is_volume_muted=False)
        await self.wait_until_silent()
        await self.page.get_by_role("link", name="Listen").click()
        self.tab.errors.clear()

    async def forget(self) -> None:
        """Leave the place to others."""
        await self.tab.leave()
        await self.home.forget_player(self.entity_id)


async def become_player(home: Home, tab: Tab, name: str) -> PlayerTab:
    """Make the browser a player as a user does."""
    await tab.page.get_by_role("textbox", name="Name of this player").fill(name)
    await tab.page.get_by_role("button", name="Play on this device").click()
    entity = await tab.page.get_by_text("In Home Assistant: media_player.").text_content()
    assert entity is not None
    player = PlayerTab(home, tab, name, entity.removeprefix("In Home Assistant: "))
    await player.wait_for_state("idle", friendly_name=name)
    return player


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_player(home: Home, tabs: Tabs) -> AsyncGenerator[PlayerTab]:
    """A tab that is a player, loaded once: loading a page takes longer than most tests."""
    pytest_socket.enable_socket()
    tab = await tabs.open("/moosicbox")
    player = await become_player(home, tab, "Desk")
    yield player
    await player.forget()
    await tabs.give_back(tab)


@pytest_asyncio.fixture(loop_scope="session")
async def player(shared_player: PlayerTab) -> PlayerTab:
    """The shared player, idle and with an empty queue."""
    await shared_player.reset()
    return shared_player


@pytest_asyncio.fixture(loop_scope="session")
async def fresh_player(home: Home, open_tab: OpenTab, request: pytest.FixtureRequest) -> AsyncGenerator[PlayerTab]:
    """A tab that is a player named after the test, which may end it."""
    tab = await open_tab("/moosicbox")
    player = await become_player(home, tab, request.node.name.removeprefix("test_"))
    yield player
    await player.forget()


async def test_first_music(player: PlayerTab) -> None:
    await player.play()
    await player.wait_until_heard()
    await player.wait_for_state("playing", media_title=SONG_TITLE, media_artist="The Wind-Up Trio")
    await expect(player.card.get_by_text(SONG_TITLE, exact=True)).to_be_visible()
    await player.wait_until_past(1)
    # It knows the hub's clock, and how far what sounds is from what should.
    await player.page.wait_for_function("typeof window.moosicbox.player.status.syncErrorMs === 'number'")
    await player.tab.screenshot("player-playing")

    await player.call("media_pause")
    await player.wait_for_state("paused")
    await player.wait_until_silent()
    position = await player.page.evaluate(POSITION)
    await player.call("media_play")
    await player.wait_for_state("playing")
    await player.wait_until_heard()
    await player.wait_until_past(position)

    await player.call("media_stop")
    await player.wait_for_state("idle")
    await player.wait_until_silent()


async def test_entity_controls_the_tab(player: PlayerTab) -> None:
    await player.play()
    await player.play(OTHER_SONG, enqueue="add")
    await player.wait_until_heard()

    await player.call("media_seek", seek_position=15)
    await player.wait_until_past(15)
    await expect(player.card.get_by_role("slider", name="Position")).to_have_attribute("aria-valuetext", "0:15 of 0:21")

    await player.call("volume_set", volume_level=0.25)
    await expect(player.card.get_by_role("slider", name="Volume")).to_have_attribute("aria-valuetext", "25 %")
    await player.wait_until_heard()
    await player.call("volume_mute", is_volume_muted=True)
    await expect(player.card.get_by_role("button", name="Turn the sound on")).to_be_visible()
    await player.wait_until_silent()
    await player.call("volume_mute", is_volume_muted=False)
    await player.wait_until_heard()

    await player.call("media_next_track")
    await expect(player.card.get_by_text(OTHER_TITLE, exact=True)).to_be_visible()
    await player.wait_for_state("playing", media_title=OTHER_TITLE)
    await player.call("media_previous_track")
    await expect(player.card.get_by_text(SONG_TITLE, exact=True)).to_be_visible()


async def test_page_controls_the_entity(player: PlayerTab) -> None:
    await player.play()
    await player.wait_until_heard()

    await player.card.get_by_role("button", name="Pause").click()
    await player.wait_for_state("paused")
    await player.wait_until_silent()
    await player.card.get_by_role("slider", name="Position").press("ArrowRight")
    await player.page.wait_for_function(f"() => ({POSITION})() >= 5")
    await player.card.get_by_role("button", name="Play", exact=True).click()
    await player.wait_for_state("playing")
    await player.wait_until_past(5)

    await player.card.get_by_role("slider", name="Volume").press("PageDown")
    await player.wait_for_state("playing", volume_level=0.05)
    await player.card.get_by_role("button", name="Mute").click()
    await player.wait_for_state("playing", is_volume_muted=True)
    await player.card.get_by_role("button", name="Stop", exact=True).click()
    await player.wait_for_state("idle")
    assert player.tab.errors == []


async def test_next_item_follows_by_itself(player: PlayerTab) -> None:
    await player.play()
    await player.play(OTHER_SONG, enqueue="add")
    await player.wait_until_heard()
    await player.call("media_seek", seek_position=19)
    await player.wait_for_state("playing", media_title=OTHER_TITLE)
    await player.wait_until_heard()


async def test_music_goes_on_over_pages_and_reloads(player: PlayerTab) -> None:
    page = player.page
    await player.play()
    await player.wait_until_heard()
    await page.get_by_role("link", name="Media").first.click()
    await page.wait_for_url("**/media-browser/**")
    await player.wait_until_heard()

    await page.reload()
    await player.wait_until_heard()
    await player.wait_for_state("playing", media_title=SONG_TITLE)
    await page.goto("/moosicbox")
    await expect(page.get_by_text(f"In Home Assistant: {player.entity_id}")).to_be_visible()


async def test_one_tab_of_a_browser_plays(fresh_player: PlayerTab) -> None:
    await fresh_player.play()
    await fresh_player.wait_until_heard()
    second = Tab(await fresh_player.page.context.new_page())
    await second.page.goto("/moosicbox")
    await expect(second.page.get_by_text("already playing in another tab")).to_be_visible()
    await second.screenshot("player-elsewhere")

    await second.page.get_by_role("button", name="Play here instead").click()
    await second.page.wait_for_function(HEARD)
    await expect(fresh_player.page.get_by_text("already playing in another tab")).to_be_visible()
    await fresh_player.wait_until_silent()
    await fresh_player.wait_for_state("playing", media_title=SONG_TITLE)
    await second.page.close()


async def wait_untouched(page: Page, condition: str) -> None:
    """Wait for a condition without what Playwright's own evaluation means to the browser: a touch by the user."""
    look = f"new Promise(done => {{ const look = () => {condition} ? done() : setTimeout(look, 50); look(); }})"
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": look, "awaitPromise": True})


async def test_browser_wants_a_click(home: Home, open_tab: OpenTab) -> None:
    first = await open_tab("/moosicbox", autoplay=SOUND_AFTER_A_CLICK)
    player = await become_player(home, first, "clicked")
    await player.play()
    await player.wait_until_heard()
    # A page that follows another one in the same tab may inherit its leave to sound; a new tab has none.
    player.tab = Tab(await first.page.context.new_page())
    await first.page.close()
    await player.page.goto("/moosicbox")
    await wait_untouched(player.page, WANTS_A_CLICK)
    await expect(player.page.get_by_text("One more tap")).to_be_visible()
    await player.wait_for_state("buffering", needs_interaction=True)
    await player.tab.screenshot("player-wants-a-click")

    await player.page.get_by_role("heading", name="MoosicBox").click()
    await player.wait_until_heard()
    await expect(player.page.get_by_text("One more tap")).to_be_hidden()
    await player.wait_for_state("playing", needs_interaction=False)
    await player.forget()


async def test_phone_in_the_dark(home: Home, open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox", viewport=PHONE, dark=True)
    player = await become_player(home, tab, "A rather long name for a telephone in the bathroom upstairs")
    await tab.screenshot("phone-idle")
    await player.play()
    await player.wait_until_heard()
    await player.wait_until_past(2)
    await tab.screenshot("phone-playing")
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await player.forget()


async def test_item_that_cannot_be_played(player: PlayerTab) -> None:
    await player.play(f"{player.home.url}/local/no-such-file.mp3")
    await expect(player.page.get_by_text("This item no longer exists, or its address has expired.")).to_be_visible()
    await player.wait_for_state("idle")
    await player.play()
    await player.wait_until_heard()
    await expect(player.page.get_by_text("This item no longer exists, or its address has expired.")).to_be_hidden()


async def test_address_that_leads_nowhere(player: PlayerTab) -> None:
    """Told apart from one that leads to something else than its type says; neither lets scripts read it."""

    async def no_song(_request: web.Request) -> web.Response:
        return web.Response(body=bytes(10_000), content_type="audio/mpeg")

    application = web.Application()
    application.router.add_get("/no-song.mp3", no_song)
    await player.play(f"http://127.0.0.1:{free_port()}/song.mp3")
    await expect(player.page.get_by_text("This item can't be reached.")).to_be_visible()
    await player.tab.screenshot("player-unreachable")
    async with TestServer(application) as foreign:
        await player.play(str(foreign.make_url("/no-song.mp3")))
        await expect(player.page.get_by_text("This browser can't play this item")).to_be_visible()
    await player.play()
    await player.wait_until_heard()
    await expect(player.page.get_by_text("This browser can't play this item")).to_be_hidden()


async def test_stops_being_a_player(fresh_player: PlayerTab) -> None:
    await fresh_player.play()
    await fresh_player.wait_until_heard()
    await fresh_player.page.get_by_role("button", name="Stop playing here").click()
    await expect(fresh_player.page.get_by_role("button", name="Play on this device")).to_be_visible()
    await fresh_player.wait_for_state("unavailable")
    await fresh_player.page.reload()
    await expect(fresh_player.page.get_by_role("button", name="Play on this device")).to_be_visible()


async def test_silent_when_put_out(fresh_player: PlayerTab) -> None:
    await fresh_player.play()
    await fresh_player.wait_until_heard()
    clients = (await fresh_player.home.api.get("/api/moosicbox/clients"))["clients"]
    (client_id,) = [client["client_id"] for client in clients if client["name"] == fresh_player.name]
    await fresh_player.home.api.call("moosicbox.disconnect_client", client_id=client_id)
    await fresh_player.wait_until_silent()
    await fresh_player.tab.screenshot("player-put-out")


async def test_player_comes_back_after_a_restart(player: PlayerTab) -> None:
    await player.play()
    await player.wait_until_heard()
    await player.home.restart()
    await expect(player.page.get_by_text("No connection to Home Assistant")).to_be_hidden(timeout=RECONNECT_MS)
    entity = await player.home.api.wait_for_state(
        player.entity_id, lambda entity: entity["state"] != "unavailable", timeout=RECONNECT_MS / 1000
    )
    assert (entity["attributes"]["media_title"], entity["attributes"]["queue_size"]) == (SONG_TITLE, 1)
    await player.play(OTHER_SONG)
    await player.wait_for_state("playing", media_title=OTHER_TITLE)
    await player.wait_until_heard()


async def test_delay_of_the_loudspeakers(player: PlayerTab) -> None:
    number = player.entity_id.replace("media_player.", "number.") + "_delay_of_the_loudspeakers"
    await player.page.get_by_text("Delay of the loudspeakers").click()
    field = player.page.get_by_role("spinbutton", name="Milliseconds")
    await field.fill("180")
    await field.press("Enter")
    await player.home.api.wait_for_state(number, lambda entity: entity["state"] == "180.0")
    await player.tab.screenshot("player-delay")
    await field.blur()
    await player.home.api.call("number.set_value", entity_id=number, value=250)
    await expect(field).to_have_value("250")
