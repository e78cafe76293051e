"""Home Assistant's own pages, used by a household: dialogs, media browser, actions and options."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
import json
from pathlib import Path
import re

from playwright.async_api import Locator, Page, TimeoutError as PlaywrightTimeoutError, expect
import pytest
import pytest_asyncio
import pytest_socket

from script.lib.client import HomeAssistantClient
from script.lib.config_folder import INTEGRATION
from script.lib.music import SONGS

from .conftest import OpenTab
from .home import Home, running_home
from .silent_players import silent_players
from .tabs import PHONE, Tab

PANTRY, ATTIC, TERRACE = "media_player.pantry", "media_player.attic", "media_player.terrace"
TRACKS = "sensor.moosicbox_tracks_in_the_library"
CLICK_MS = 5_000
"""How long a section is waited for before the next click on it."""
TITLES = [song.title for song in SONGS]

MORE_INFO = """(entityId) => {
  document.querySelector("home-assistant").dispatchEvent(new CustomEvent("hass-more-info", { detail: { entityId } }));
}"""

type Open = Callable[..., Awaitable[Tab]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """A Home Assistant with two players, an empty room and three songs, whose options this module may change."""
    pytest_socket.enable_socket()
    async with running_home(tmp_path_factory.mktemp("home")) as home, silent_players(home, "Pantry", "Attic"):
        await home.api.ask("moosicbox.create_room", name="Terrace")
        await home.api.wait_for_state(TRACKS, lambda state: state["state"] == str(len(SONGS)))
        yield home
    assert home.complaints() == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def anna(home: Home) -> AsyncGenerator[HomeAssistantClient]:
    """An administrator whose pages are in German."""
    pytest_socket.enable_socket()
    async with await home.add_user("Anna", language="de") as user:
        yield user


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ben(home: Home) -> AsyncGenerator[HomeAssistantClient]:
    """A user who may not change devices."""
    pytest_socket.enable_socket()
    async with await home.add_user("Ben", admin=False) as user:
        yield user


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(home: Home, open_tab: OpenTab) -> Open:
    """Return a function that opens a path of this Home Assistant."""

    async def open_page(path: str, user: HomeAssistantClient | None = None, **options: object) -> Tab:
        return await open_tab(f"{home.url}{path}", url=home.url, user=user or home.api, **options)

    return open_page


async def area_of(home: Home, entity_id: str) -> str | None:
    """Return the name of the area that the device of an entity is in."""
    async with home.api.websocket() as websocket:
        entity = await websocket.command("config/entity_registry/get", entity_id=entity_id)
        devices = await websocket.command("config/device_registry/list")
        areas = await websocket.command("config/area_registry/list")
    (area_id,) = (device["area_id"] for device in devices if device["id"] == entity["device_id"])
    return next((area["name"] for area in areas if area["area_id"] == area_id), None)


@pytest.mark.parametrize(
    ("german", "label", "area", "start", "entity"),
    [
        (False, "Area (optional)", "Bedroom", "Play on this device", "In Home Assistant: "),
        (True, "Bereich (optional)", "Kitchen", "Auf diesem Gerät abspielen", "In Home Assistant: "),
    ],
    ids=["en", "de"],
)
async def test_new_player_gets_the_chosen_area(
    home: Home,
    anna: HomeAssistantClient,
    open_page: Open,
    german: bool,
    label: str,
    area: str,
    start: str,
    entity: str,
) -> None:
    tab = await open_page("/moosicbox", anna if german else None, viewport=PHONE)
    page = tab.page
    await page.get_by_label(label).select_option(area)
    await page.get_by_role("button", name=start).click()
    text = await page.get_by_text(f"{entity}media_player.").text_content()
    assert text is not None
    entity_id = text.removeprefix(entity)
    async with home.api.websocket() as websocket:
        await websocket.command("subscribe_events", event_type="device_registry_updated")
        while await area_of(home, entity_id) != area:
            await websocket.event()
    # A player that Home Assistant knows has its area already.
    await page.reload()
    await expect(page.get_by_text(f"{entity}media_player.")).to_be_visible()
    await page.get_by_role("button", name=re.compile("Stop playing here|Hier nicht mehr abspielen")).click()
    await expect(page.get_by_role("button", name=start)).to_be_visible()
    await expect(page.get_by_label(label)).to_be_hidden()
    assert tab.errors == []
    await tab.leave()
    await home.forget_player(entity_id)


async def test_area_is_not_offered_to_users_who_may_not_set_it(ben: HomeAssistantClient, open_page: Open) -> None:
    page = (await open_page("/moosicbox", ben)).page
    await expect(page.get_by_role("button", name="Play on this device")).to_be_enabled()
    await expect(page.get_by_label("Area (optional)")).to_be_hidden()


async def join_dialog(page: Page) -> Locator:
    """Open the dialog of a media player that chooses others to join."""
    # The button has no name. It comes after those for playing, the sound and the media.
    await page.locator("more-info-media_player").get_by_role("button").nth(3).click()
    dialog = page.locator("dialog-join-media-players")
    await expect(dialog.get_by_role("button", name="Select all")).to_be_visible()
    return dialog


async def apply(dialog: Locator) -> None:
    await dialog.get_by_role("button", name="Apply").click()
    await expect(dialog.get_by_role("button", name="Apply")).to_have_count(0)


async def test_join_dialog(home: Home, open_page: Open) -> None:
    """Rooms are joined like players, and choosing no player is no error."""
    tab = await open_page("/moosicbox")
    page = tab.page
    await expect(page.locator("moosicbox-panel main > *")).to_be_visible()
    await page.evaluate(MORE_INFO, PANTRY)
    dialog = await join_dialog(page)
    await expect(dialog.locator("ha-switch")).to_have_count(3)
    await apply(dialog)

    dialog = await join_dialog(page)
    await dialog.get_by_role("button", name="Select all").click()
    await apply(dialog)
    for entity in PANTRY, ATTIC, TERRACE:
        await home.api.wait_for_state(
            entity, lambda state: set(state["attributes"].get("group_members") or ()) == {PANTRY, ATTIC}
        )

    dialog = await join_dialog(page)
    # The group itself is no player that can be joined.
    await expect(dialog.locator("ha-switch")).to_have_count(3)
    for switch in await dialog.locator("ha-switch").all():
        box = switch.get_by_role("switch")
        if await box.is_enabled() and await box.is_checked():
            await switch.click()
    await apply(dialog)
    await home.api.wait_for_state(ATTIC, lambda state: PANTRY not in (state["attributes"]["group_members"] or ()))
    await home.api.call("media_player.unjoin", entity_id=[PANTRY, ATTIC])
    assert tab.errors == []


async def test_next_on_a_paused_player_plays(home: Home, open_page: Open) -> None:
    for song, enqueue in zip(SONGS[:2], ("replace", "add"), strict=True):
        media = f"media-source://media_source/local/{song.file_name}"
        fields = {"media_content_id": media, "media_content_type": "music", "enqueue": enqueue}
        await home.api.call("media_player.play_media", entity_id=PANTRY, **fields)
    await home.api.call("media_player.media_pause", entity_id=PANTRY)
    await home.api.wait_for_state(PANTRY, lambda state: state["state"] == "paused")
    tab = await open_page("/moosicbox")
    page = tab.page
    await expect(page.locator("moosicbox-panel main > *")).to_be_visible()
    await page.evaluate(MORE_INFO, PANTRY)
    await page.locator("more-info-media_player [action=media_next_track]").click()
    state = await home.api.wait_for_state(PANTRY, lambda state: state["state"] == "playing")
    assert state["attributes"]["media_title"] == SONGS[1].title
    await home.api.call("media_player.clear_playlist", entity_id=PANTRY)
    assert tab.errors == []


async def test_room_without_players_says_so(home: Home, open_page: Open) -> None:
    await home.api.call("media_player.unjoin", entity_id=[PANTRY, ATTIC])
    tab = await open_page(f"/media-browser/{TERRACE}")
    page = tab.page
    await folder(page, "Search the library").click()
    browser = page.locator("ha-media-player-browse")
    await browser.get_by_role("textbox").fill("lantern")
    await page.keyboard.press("Enter")
    await browser.get_by_text("Paper Lantern").click()
    await home.api.wait_for_state(TERRACE, lambda state: state["attributes"].get("media_title") == "Paper Lantern")
    await page.goto("/moosicbox")
    await page.get_by_role("button", name=re.compile("Choose another player or room")).click()
    await page.get_by_role("radio", name="Terrace").click()
    await expect(page.get_by_text("No player is in this room, so no sound is heard.")).to_be_visible()
    await home.api.call("media_player.media_stop", entity_id=TERRACE)


def folder(page: Page, title: str) -> Locator:
    """Return the tile of a folder in the media browser."""
    return page.locator("ha-media-player-browse .child").filter(has_text=title).locator("ha-card")


async def queue_of(home: Home, entity_id: str) -> list[str]:
    """Return the titles in the queue of a player."""
    answer = await home.api.ask("moosicbox.get_queue", entity_id=entity_id)
    return [item["track"]["title"] for item in answer["queue"]["items"]]


async def test_media_browser(home: Home, open_page: Open) -> None:
    page = (await open_page(f"/media-browser/{PANTRY}")).page
    browser = page.locator("ha-media-player-browse")
    await expect(browser.locator(".child .title")).to_have_text(
        [
            "Search the library",
            "Artists",
            "Albums",
            "Genres",
            "Recently added",
            "Playlists",
            "Radio",
            "Podcasts",
            "Audiobooks",
            "Favourites",
            "My media",
            "Radio Browser",
            "Text-to-speech",
        ]
    )
    await folder(page, "Artists").click()
    await folder(page, "The Wind-Up Trio").click()
    await expect(browser.locator(".child .title")).to_have_text(
        ["All songs", "Shuffle all songs", "Three Turns of the Key"]
    )

    await folder(page, "Three Turns of the Key").click()
    await expect(browser.get_by_text(re.compile(r"^\s*\d\. .* \(\d:\d\d\)\s*$"))).to_have_text(
        ["1. Brass Morning (0:22)", "2. Copper Rain (0:29)", "3. Paper Lantern (0:23)"]
    )
    # The album goes on after the song.
    await browser.get_by_text("2. Copper Rain").click()
    await home.api.wait_for_state(PANTRY, lambda state: state["attributes"].get("media_title") == "Copper Rain")
    assert (await queue_of(home, PANTRY))[-2:] == ["Copper Rain", "Paper Lantern"]

    await page.get_by_role("button", name="Back").click()
    await home.api.call("media_player.clear_playlist", entity_id=PANTRY)
    await home.api.wait_for_state(PANTRY, lambda state: state["state"] == "idle")
    await folder(page, "Shuffle all songs").get_by_role("button", name="Play media").press("Enter")
    await home.api.wait_for_state(PANTRY, lambda state: state["state"] == "playing")
    assert sorted(await queue_of(home, PANTRY)) == TITLES
    await home.api.call("media_player.media_stop", entity_id=PANTRY)


async def test_action_with_ids_under_advanced(home: Home, open_page: Open) -> None:
    """A song is added by its name; fields for programs are in a section that is closed."""
    tab = await open_page("/config/tools/action?service=moosicbox.queue_add")
    page = tab.page
    advanced = page.get_by_role("button", name="Advanced")
    await expect(advanced).to_be_visible()
    await expect(page.get_by_text("Add to queue")).to_be_visible()
    await expect(page.get_by_role("button", name="Pick media")).to_be_visible()
    await expect(page.get_by_text("Revision", exact=True)).to_be_hidden()
    await advanced.click()
    await expect(page.get_by_text("Revision", exact=True)).to_be_visible()
    assert tab.errors == []


async def open_options(page: Page, button: str = "Configure") -> Locator:
    """Open the dialog of the options."""
    await page.get_by_role("button", name=button, exact=True).click()
    dialog = page.locator("dialog-data-entry-flow")
    await expect(dialog.get_by_role("heading", level=3).first).to_be_visible()
    return dialog


async def expand(dialog: Locator, name: str) -> Locator:
    """Open a section of the options, although what is above it may still be moving."""
    button = dialog.get_by_role("button", name=name)
    opened = dialog.get_by_role("button", name=name, expanded=True)
    while await opened.count() == 0:
        await button.dispatch_event("click")
        # A dialog that is still opening takes no click; a second one too soon would close the section.
        with suppress(PlaywrightTimeoutError):
            await opened.wait_for(timeout=CLICK_MS)
    await expect(dialog.get_by_role("region", name=name)).to_be_visible()
    # The fields are slotted into the region.
    return dialog.locator("ha-expansion-panel").filter(has=dialog.page.get_by_role("heading", name=name))


async def save_folder(page: Page, folder: Path) -> None:
    """Save the first folder of the library in the options."""
    dialog = await open_options(page)
    await expand(dialog, "Library")
    await dialog.get_by_role("textbox", name="Folders").fill(str(folder))
    await dialog.get_by_role("button", name="Submit").click()
    await dialog.get_by_role("button", name="Finish").click()


async def test_options_refuse_what_does_not_work(home: Home, open_page: Open, tmp_path: Path) -> None:
    """The message stands above its section, which opens. Saved folders are used at once, although the library outlives a reload."""
    page = (await open_page("/config/integrations/integration/moosicbox")).page
    dialog = await open_options(page)
    submit = dialog.get_by_role("button", name="Submit")
    await expand(dialog, "Library")
    await dialog.get_by_role("button", name="Add Folders").click()
    await dialog.get_by_role("textbox", name="Folders").fill("/does/not/exist")
    # The section is closed when it is sent.
    await dialog.get_by_role("button", name="Library").dispatch_event("click")
    await expect(dialog.get_by_role("region", name="Library")).to_be_hidden()
    await submit.click()
    await expect(dialog.get_by_text("There is no folder /does/not/exist.")).to_be_visible()
    await expect(dialog.get_by_role("region", name="Library")).to_be_visible()

    await dialog.get_by_role("textbox", name="Folders").fill(str(home.folder.media))
    cluster = await expand(dialog, "Cluster")
    await cluster.locator("ha-switch").click()
    await cluster.get_by_role("textbox", name="Redis URL").fill("redis://127.0.0.1:1")
    await submit.click()
    await expect(dialog.get_by_text("Redis doesn't answer at this URL. Nothing was saved.")).to_be_visible()
    await cluster.locator("ha-switch").click()
    await cluster.get_by_role("textbox", name="Redis URL").fill("")
    await submit.click()
    await dialog.get_by_role("button", name="Finish").click()

    await save_folder(page, tmp_path)
    await home.api.wait_for_state(TRACKS, lambda state: state["state"] == "0")
    await save_folder(page, home.folder.media)
    await home.api.wait_for_state(TRACKS, lambda state: state["state"] == str(len(SONGS)))


async def test_options_in_german(anna: HomeAssistantClient, open_page: Open) -> None:
    texts = json.loads((INTEGRATION / "translations" / "de.json").read_text(encoding="utf-8"))
    sections = texts["options"]["step"]["init"]["sections"].values()
    tab = await open_page("/config/integrations/integration/moosicbox", anna, viewport=PHONE)
    dialog = await open_options(tab.page, "Konfigurieren")
    await expect(dialog.get_by_role("heading", level=3)).to_have_text([section["name"] for section in sections])
    await expect(dialog.get_by_text(texts["options"]["step"]["init"]["description"])).to_be_visible()
    assert tab.errors == []


async def test_player_on_a_dashboard_and_its_device_page(home: Home, open_page: Open) -> None:
    async with home.api.websocket() as websocket:
        entity = await websocket.command("config/entity_registry/get", entity_id=PANTRY)
        cards = [{"type": type_, "entity": PANTRY} for type_ in ("media-control", "tile", "entity")]
        view = {"title": "Home", "cards": cards}
        await websocket.command("lovelace/dashboards/create", url_path="dialogs-test", title="Dialogs")
        await websocket.command("lovelace/config/save", url_path="dialogs-test", config={"views": [view]})
    tab = await open_page("/dialogs-test/0")
    page = tab.page
    for card in "hui-media-control-card", "hui-tile-card", "hui-entity-card":
        await expect(page.locator(card).get_by_text("Pantry").first).to_be_visible()
    await page.goto(f"/config/devices/device/{entity['device_id']}")
    controls = page.locator("ha-device-entities-card")
    # The name of an entity is not cut: that of the device isn't repeated in it.
    for name in "Favourite song", "Delay of the loudspeakers":
        await expect(controls.get_by_text(name, exact=True)).to_be_visible()
    # A new player isn't loud.
    await expect(controls.get_by_role("slider").first).to_have_attribute("aria-valuenow", "30")
    assert tab.errors == []
