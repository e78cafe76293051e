"""The screenshots: each has a name, and a function that brings the page there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import re
from typing import Literal

from playwright.async_api import Page, expect

type Get = Callable[[Page], Awaitable[None]]
type Act = Literal["empty", "full", "right-to-left", "trouble"]


@dataclass(frozen=True)
class Scene:
    """One picture; scenes of an act follow one another on one page."""

    name: str
    act: Act
    path: str
    get: Get


async def _nothing(page: Page) -> None:
    await page.wait_for_timeout(400)


async def _numbers(page: Page) -> None:
    await page.locator(".health[data-status]").wait_for()
    await page.wait_for_timeout(4_500)


def _tab(name: str) -> Get:
    async def get(page: Page) -> None:
        back = page.get_by_role("button", name="Back")
        if await back.count():
            await back.click()
        tab = page.get_by_role("tab", name=name)
        if await tab.count():
            await tab.first.click()
        await page.wait_for_timeout(400)

    return get


def _press(*names: str, kind: Literal["button", "tab"] = "button", first_tab: str = "") -> Get:
    async def get(page: Page) -> None:
        if first_tab:
            await _tab(first_tab)(page)
        for name in names:
            await page.get_by_role(kind, name=name).first.click()
        await page.wait_for_timeout(400)

    return get


def choose(room: str, tab: str = "") -> Get:
    """Return a function that chooses a room in the dialog at the top."""

    async def get(page: Page) -> None:
        await page.locator("header .target").click()
        await page.get_by_role("radio", name=re.compile(f"^{re.escape(room)}")).first.click()
        await expect(page.get_by_label(f"Controls of {room}")).to_be_attached()
        if tab:
            await _tab(tab)(page)
        await page.wait_for_timeout(600)

    return get


def _search(text: str) -> Get:
    async def get(page: Page) -> None:
        await page.get_by_role("searchbox").fill(text)
        await page.wait_for_timeout(800)

    return get


async def _join(page: Page) -> None:
    """Join the party as a user of Home Assistant."""
    card = page.get_by_role("region", name="Garden party", exact=True)
    await card.get_by_role("button", name="Join").or_(card.get_by_role("button", name="Open")).first.click()
    await expect(page.get_by_role("region", name="Controls of Garden party")).to_be_attached()
    await page.get_by_role("button", name="Pause").wait_for()
    await page.wait_for_timeout(800)


async def _cut(page: Page) -> None:
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.get_by_text("No connection to Home Assistant").wait_for(timeout=60_000)


async def _mend(page: Page) -> None:
    await page.context.set_offline(False)
    await page.wait_for_timeout(400)


LISTEN, LIBRARY, ROOMS, HUB = (f"/moosicbox/{page}" for page in ("listen", "library", "rooms", "hub"))
WIDE = "Everybody who can't sleep on Sundays and would rather listen to something together"

SCENES: tuple[Scene, ...] = (
    Scene("first-use", "empty", LISTEN, _nothing),
    Scene("library-empty", "empty", LIBRARY, _nothing),
    Scene("rooms-empty", "empty", ROOMS, _nothing),
    Scene("hub-empty", "empty", HUB, _nothing),
    Scene("rooms", "full", ROOMS, _nothing),
    Scene("room-new", "full", ROOMS, _press("Create room")),
    Scene("now-playing", "full", ROOMS, _join),
    Scene("queue", "full", LISTEN, _tab("Queue")),
    Scene("queue-menu", "full", LISTEN, _press("More about Velvet Hours", first_tab="Queue")),
    Scene("people", "full", LISTEN, _tab("People")),
    Scene("chat", "full", LISTEN, _tab("Chat")),
    Scene("invite", "full", LISTEN, _press("Invite", first_tab="People")),
    Scene("room-settings", "full", LISTEN, _press("Settings", first_tab="People")),
    Scene("targets", "full", LISTEN, _press("Playing on")),
    Scene("library", "full", LIBRARY, _tab("Recently")),
    Scene("library-albums", "full", LIBRARY, _tab("Albums")),
    Scene("library-artists", "full", LIBRARY, _tab("Artists")),
    Scene("library-songs", "full", LIBRARY, _tab("Songs")),
    Scene("library-genres", "full", LIBRARY, _tab("Genres")),
    Scene("library-playlists", "full", LIBRARY, _tab("Playlists")),
    Scene("library-favourites", "full", LIBRARY, _tab("Favourites")),
    Scene("album", "full", LIBRARY, _press("Low Tide", first_tab="Albums")),
    Scene("artist", "full", LIBRARY, _press("Nora Vale", first_tab="Artists")),
    Scene("search", "full", LIBRARY, _search("ni")),
    Scene("search-nothing", "full", LIBRARY, _search("zzzz")),
    Scene("hub", "full", HUB, _numbers),
    Scene("token-new", "full", HUB, _press("Create token")),
    Scene("long-names", "full", LISTEN, choose(WIDE)),
    Scene("long-names-queue", "full", LISTEN, choose(WIDE, "Queue")),
    Scene("viewed-room", "full", LISTEN, choose("Kitchen")),
    Scene("now-playing-rtl", "right-to-left", LISTEN, _nothing),
    Scene("queue-rtl", "right-to-left", LISTEN, _tab("Queue")),
    Scene("people-rtl", "right-to-left", LISTEN, _tab("People")),
    Scene("library-rtl", "right-to-left", LIBRARY, _tab("Songs")),
    Scene("rooms-rtl", "right-to-left", ROOMS, _nothing),
    Scene("hub-rtl", "right-to-left", HUB, _numbers),
    Scene("offline", "trouble", LISTEN, _cut),
    Scene("offline-library", "trouble", LIBRARY, _nothing),
    Scene("back", "trouble", LISTEN, _mend),
)
