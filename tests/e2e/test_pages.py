"""All pages: first use, what they look like to axe, other languages, bad networks, plain http, the card."""

import asyncio
import re

from playwright.async_api import Route, expect
import pytest

from custom_components.moosicbox.http.panel import STATIC_URL

from .conftest import Connect, OpenTab
from .home import Home
from .pages import card_shown, make_room, still, violations
from .tabs import PHONE, TABLET, Tabs

pytestmark = pytest.mark.usefixtures("close_rooms")

# Returns the shape of a text's QR code.
DRAW_QR_CODE = """async ([address, text]) => {
  const { qrCode } = await import(address);
  return qrCode(text, "").querySelector("path").getAttribute("d");
}"""

PAGES = ["Listen", "Library", "Rooms", "Household", "Hub"]


async def test_first_use(home: Home, open_tab: OpenTab) -> None:
    """From the sidebar to sound in three clicks."""
    tab = await open_tab("/")
    page = tab.page
    await page.get_by_role("link", name="MoosicBox").first.click()
    await page.get_by_role("button", name="Play on this device").click()
    await page.get_by_role("button", name="Play random songs").click()
    await page.wait_for_function("() => window.moosicbox?.player.signal() > 0.001")
    # The three songs that come with it, and what other tests brought.
    await expect(page.get_by_text(re.compile(r"^\d+ items$"))).to_be_visible()
    await page.get_by_role("button", name="Stop playing here").click()


# Keeps each place at which the button that starts the player is seen.
RECORD_PLACES = """() => {
  window.places = [];
  const look = () => {
    const button = document
      .querySelector("home-assistant")
      ?.shadowRoot?.querySelector("home-assistant-main")
      ?.shadowRoot?.querySelector("moosicbox-panel")
      ?.shadowRoot?.querySelector(".setup button");
    const {top = 0, height = 0} = button?.getBoundingClientRect() ?? {};
    if (height > 0 && window.places.at(-1) !== top) window.places.push(top);
    requestAnimationFrame(look);
  };
  look();
}"""


async def test_the_first_button_stays_where_it_is(home: Home, new_tab: OpenTab, connect: Connect) -> None:
    """It doesn't move under a finger, whatever comes in after it."""
    # A player of an earlier test that is just leaving would change the page.
    await home.forget_all()
    await connect("somewhere-else")
    tab = await new_tab()
    page = tab.page
    await page.add_init_script(f"({RECORD_PLACES})()")
    seen = asyncio.Event()

    async def hold(route: Route) -> None:
        await seen.wait()
        await route.continue_()

    await page.route("**/now-playing.js*", hold)
    await page.goto("/moosicbox/listen")
    await expect(page.get_by_role("button", name=re.compile("^Playing on"))).to_be_visible()
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    seen.set()
    await expect(page.get_by_role("region", name=re.compile("^Controls of"))).to_be_visible()
    await expect(page.get_by_role("button", name="Play on this device")).to_be_visible()
    await still(page)
    assert len(await page.evaluate("window.places")) == 1


@pytest.mark.parametrize(("viewport", "dark"), [(PHONE, True), (TABLET, False)], ids=["phone-dark", "tablet-light"])
async def test_pages_are_accessible(
    open_tab: OpenTab, viewport: dict[str, int], dark: bool, subtests: pytest.Subtests
) -> None:
    tab = await open_tab("/moosicbox/hub", viewport=viewport, dark=dark)
    page = tab.page
    for name in PAGES:
        with subtests.test(name):
            await page.get_by_role("link", name=name, exact=True).click()
            await page.wait_for_url(f"**/moosicbox/{name.lower()}")
            await expect(page.locator("moosicbox-panel main > *")).to_be_visible()
            await still(page)
            assert await violations(page, "moosicbox-panel") == []
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert tab.errors == []


async def test_dialogs_are_accessible(open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox/rooms")
    page = tab.page
    await page.get_by_role("button", name="Create room").click()
    assert await violations(page, "moosicbox-panel") == []
    await page.keyboard.press("Escape")
    await make_room(tab, "Axe room")
    await page.get_by_role("tab", name="People").click()
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_role("img", name="QR code of the invite")).to_be_visible()
    assert await violations(page, "moosicbox-panel") == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Playing on Axe room").click()
    await expect(page.get_by_role("radio", name="Axe room")).to_be_checked()
    assert await violations(page, "moosicbox-panel") == []
    await page.keyboard.press("Escape")
    await page.get_by_role("tab", name="Chat").click()
    assert await violations(page, "moosicbox-panel") == []


async def test_search_results_are_added_to_the_queue(home: Home, open_tab: OpenTab) -> None:
    """The search runs while the user types; its results can be put into the queue."""
    tab = await open_tab("/moosicbox/rooms")
    page = tab.page
    await make_room(tab, "Listening room")
    await page.get_by_role("link", name="Library").click()
    await page.get_by_role("tab", name="Albums").click()
    await page.get_by_role("button", name="Three Turns of the Key").first.click()
    await expect(page.get_by_role("heading", name="Three Turns of the Key")).to_be_focused()
    songs = page.get_by_role("list", name="Three Turns of the Key").get_by_role("listitem")
    for title in "Brass Morning", "Paper Lantern", "Copper Rain":
        await expect(songs.filter(has_text=title).first).to_be_visible()
    await page.get_by_role("button", name="Back").click()

    await page.get_by_role("searchbox", name="Search").press_sequentially("lantrn")
    hit = page.get_by_role("listitem").filter(has_text="Paper Lantern")
    await hit.get_by_role("button", name="Add Paper Lantern to the queue").click()
    await expect(page.get_by_text("Paper Lantern added")).to_be_visible()
    await page.get_by_role("searchbox", name="Search").fill("zzzz")
    await expect(page.get_by_text("No results for “zzzz”")).to_be_visible()
    await page.get_by_role("button", name="Clear the search").click()
    await page.get_by_role("tab", name="Songs").click()
    heart = page.get_by_role("button", name="Add Copper Rain to the favourites")
    await heart.click()
    await expect(page.get_by_role("button", name="Remove Copper Rain from the favourites")).to_be_visible()
    await page.get_by_role("tab", name="Favourites", exact=True).click()
    await expect(page.get_by_role("list", name="Favourites").get_by_role("listitem")).to_have_count(1)
    await page.get_by_role("button", name="Remove Copper Rain from the favourites").click()
    await expect(page.get_by_role("list", name="Favourites").get_by_role("listitem")).to_have_count(0)
    await page.get_by_role("link", name="Listen").click()
    await expect(page.get_by_text("1 item", exact=True)).to_be_visible()
    assert tab.errors == []


async def test_hub_page_adds_blueprints(home: Home, open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox/hub")
    row = tab.page.get_by_role("listitem").filter(has_text="Good night")
    await row.get_by_role("button", name="Add: Good night").click()
    await expect(row.get_by_text("Added")).to_be_visible()
    async with home.api.websocket() as websocket:
        added = await websocket.command("blueprint/list", domain="automation")
    assert [path for path in added if path.startswith("moosicbox/")] == ["moosicbox/good_night.yaml"]
    await tab.screenshot("hub-blueprints")
    await tab.page.reload()
    await expect(row.get_by_text("Added")).to_be_visible()
    await expect(row.get_by_role("button")).to_be_hidden()
    await tab.page.get_by_role("link", name="Open blueprints").click()
    await expect(tab.page.get_by_text("MoosicBox: good night")).to_be_visible()
    assert not tab.errors


async def test_hub_page(home: Home, open_tab: OpenTab) -> None:
    """Numbers, who is connected, tokens."""
    tab, other = await open_tab("/moosicbox/hub"), await open_tab("/moosicbox")
    page = tab.page
    # How it is depends on the machine; that it is told doesn't.
    await expect(page.locator(".health[data-status]")).to_be_visible()
    await page.get_by_role("button", name="Create token").click()
    dialog = page.get_by_role("dialog", name="Create token")
    await dialog.get_by_label("Name", exact=True).fill("Kitchen Radio")
    await expect(dialog.get_by_label("ID", exact=True)).to_have_value("kitchen-radio")
    await dialog.get_by_role("button", name="Create token").click()
    shown = page.get_by_role("dialog", name="Kitchen Radio")
    token = await shown.get_by_label("Token", exact=True).input_value()
    assert token.count(".") == 2
    code = shown.get_by_role("img", name="The token of Kitchen Radio as a QR code")
    await expect(code).to_be_visible()
    # The code is that of the token alone.
    drawn = await page.evaluate(DRAW_QR_CODE, [f"{STATIC_URL}/ui/components/qr-code.js", token])
    assert await code.locator("path").get_attribute("d") == drawn
    assert await violations(page, "moosicbox-panel") == []
    await shown.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("button", name="Revoke: Kitchen Radio").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("kitchen-radio · Revoked")).to_be_visible()

    row = page.get_by_role("row").filter(has_text="MoosicBox panel").filter(has_not_text="this page")
    await row.first.get_by_role("button").click()
    await page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    await expect(other.page.get_by_text("An administrator disconnected this browser")).to_be_visible()
    await other.page.get_by_role("button", name="Try again").click()
    await expect(other.page.get_by_text("An administrator disconnected this browser")).to_be_hidden()
    assert tab.errors == []


async def test_pages_follow_the_language_of_the_user(home: Home, open_tab: OpenTab) -> None:
    async with home.language("de"):
        tab = await open_tab("/moosicbox/rooms")
        await expect(tab.page.get_by_role("button", name="Raum erstellen")).to_be_visible()


async def test_polling_where_websockets_do_not_get_through(home: Home, new_tab: OpenTab) -> None:
    """After two failures; the page works as before, and the next one begins with what worked."""
    tab = await new_tab()
    page = tab.page
    # The hub's socket alone: Home Assistant's own page could do nothing without its own.
    await page.route_web_socket("**/api/moosicbox/ws", lambda socket: socket.close(code=1006))
    await page.goto("/moosicbox/rooms")
    await make_room(tab, "Polling room")
    await page.get_by_role("tab", name="People").click()
    await expect(page.locator(".person")).to_have_count(1)
    assert await page.evaluate("localStorage.getItem('moosicbox.polling_until')") is not None
    clients = (await home.api.get("/api/moosicbox/clients"))["clients"]
    assert "polling" in [client["transport"] for client in clients]


async def test_plain_http_on_a_host_name(home: Home, tabs: Tabs, open_tab: OpenTab) -> None:
    """As at most homes: no secure context."""
    url = home.url.replace("127.0.0.1", "home.test")
    tab = await open_tab("/moosicbox", url=url)
    page = tab.page
    assert await page.evaluate("isSecureContext") is False
    await page.get_by_role("button", name="Play on this device").click()
    await expect(page.get_by_role("button", name="Stop playing here")).to_be_visible()
    await make_room(tab, "Plain room")
    await page.get_by_role("tab", name="People").click()
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_role("img", name="QR code of the invite")).to_be_visible()
    assert (await page.get_by_label("Invite link").input_value()).startswith(f"{url}/moosicbox/party/#")
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_text("Copied")).to_be_visible()
    await page.get_by_role("button", name="Close", exact=True).click()
    await page.get_by_role("button", name="Stop playing here").click()
    assert tab.errors == []


async def test_cards_work_on_a_dashboard(home: Home, open_tab: OpenTab) -> None:
    """The card works on a dashboard without a manually added resource."""
    tab = await open_tab("/moosicbox/rooms")
    await make_room(tab, "Card room")
    cards = [
        {"type": "custom:moosicbox-card", "entity": "media_player.card_room", "show_queue": True},
        {"type": "custom:moosicbox-card", "entity": "media_player.gone"},
    ]
    async with home.api.websocket() as websocket:
        await websocket.command("lovelace/dashboards/create", url_path="card-test", title="Cards")
        view = {"title": "Home", "cards": cards}
        await websocket.command("lovelace/config/save", url_path="card-test", config={"views": [view]})
    dashboard = await open_tab("/card-test/0")
    page = dashboard.page
    await card_shown(page)
    await expect(page.get_by_role("region", name="Controls of Card room")).to_be_visible()
    await expect(page.get_by_text("The queue is empty")).to_be_visible()
    await expect(page.get_by_text("media_player.gone is not a MoosicBox player or room")).to_be_visible()
    assert await violations(page, "moosicbox-card") == []
    await dashboard.screenshot("card")
    assert dashboard.errors == []


async def test_a_narrow_card_leaves_room_for_the_queue(home: Home, open_tab: OpenTab) -> None:
    """In a section of a dashboard on a phone, where the height of a card is fixed."""
    tab = await open_tab("/moosicbox/rooms")
    await make_room(tab, "Narrow room")
    card = {"type": "custom:moosicbox-card", "entity": "media_player.narrow_room", "show_queue": True}
    view = {"title": "Home", "type": "sections", "sections": [{"type": "grid", "cards": [card]}]}
    async with home.api.websocket() as websocket:
        await websocket.command("lovelace/dashboards/create", url_path="narrow-test", title="Narrow")
        await websocket.command("lovelace/config/save", url_path="narrow-test", config={"views": [view]})
    page = (await open_tab("/narrow-test/0", viewport=PHONE)).page
    await card_shown(page)
    await expect(page.get_by_text("The queue is empty")).to_be_visible()
    (card_box, player, queue) = [
        await page.locator(selector).bounding_box() for selector in ("moosicbox-card", ".player", ".queue")
    ]
    assert card_box is not None
    assert player is not None
    assert queue is not None
    assert player["width"] < 420
    assert queue["y"] >= player["y"] + player["height"]
    assert card_box["y"] + card_box["height"] - queue["y"] >= 240
