"""A party on pages: a host in Home Assistant, a guest by link on a phone, another member of the household."""

import re

from playwright.async_api import expect
import pytest

from .conftest import OpenTab
from .home import Home
from .pages import come_in, invite_link, make_room, violations
from .tabs import PHONE, Tab, Tabs

pytestmark = pytest.mark.usefixtures("close_rooms")

SONG = "media-source://media_source/local/copper-rain.mp3"


async def guest_tab(tabs: Tabs, link: str) -> Tab:
    """A phone that never saw this Home Assistant."""
    browser = await tabs.browser()
    context = await browser.new_context(viewport=PHONE, locale="en-GB", color_scheme="dark")
    tab = Tab(await context.new_page())
    await tab.page.goto(link)
    return tab


async def test_party_with_a_guest(home: Home, tabs: Tabs, open_tab: OpenTab) -> None:
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, "Garden party", control="votes")
    link = await invite_link(host)
    assert re.fullmatch(r"http://[^/]+/moosicbox/party/#[\w-]{22,}", link)

    guest = await guest_tab(tabs, link)
    await come_in(guest.page, "Gus")
    # Neither for the history nor for onlookers.
    assert "#" not in guest.page.url
    await expect(host.page.get_by_text("Gus joined")).to_be_visible()
    await expect(host.page.get_by_role("listitem").filter(has_text="Gus")).to_contain_text("Guest")

    # They talk.
    await guest.page.get_by_role("tab", name="Chat").click()
    await guest.page.get_by_role("textbox", name="Write a message").fill("<b>Hello</b> שלום")
    await guest.page.keyboard.press("Enter")
    await host.page.get_by_role("tab", name="Chat").click()
    await expect(host.page.get_by_role("log").get_by_text("<b>Hello</b> שלום", exact=True)).to_be_visible()

    # Something plays, and is voted away: two of two.
    await home.api.call(
        "media_player.play_media",
        entity_id="media_player.garden_party",
        media_content_id=SONG,
        media_content_type="music",
    )
    await guest.page.get_by_role("tab", name="Playing").click()
    await expect(guest.page.get_by_role("region", name="Controls of Garden party")).to_contain_text("Copper Rain")
    await guest.page.get_by_role("button", name="Vote to skip").click()
    await expect(guest.page.get_by_role("button", name="You voted to skip (1 of 2)")).to_be_disabled()
    await host.page.get_by_role("button", name="Vote to skip (1 of 2)").click()
    await expect(guest.page.get_by_text("Nothing is playing")).to_be_visible()

    # A guest sees this room alone, and may not steer it.
    await expect(guest.page.get_by_role("button", name="Play", exact=True)).to_be_hidden()
    await expect(guest.page.get_by_role("slider", name="Volume")).to_be_hidden()
    assert await guest.page.evaluate("Object.keys(localStorage).length") == 0
    assert await violations(guest.page, "moosicbox-guest-page") == []
    await guest.screenshot("guest-phone")

    # The list of listeners and the quality of their sync, as icons and as text.
    company = guest.page.get_by_role("button", name="Participants: ")
    await company.click()
    await expect(guest.page.locator(".person")).to_have_count(2)

    # A reload is no new guest.
    await guest.page.reload()
    await expect(guest.page.get_by_role("region", name="Controls of Garden party")).to_be_visible()
    await host.page.get_by_role("tab", name="People").click()
    await expect(host.page.locator(".person")).to_have_count(2)

    # Put out.
    await host.page.get_by_role("button", name="More about Gus").click()
    await host.page.get_by_role("menuitem", name="Remove").click()
    await host.page.get_by_role("dialog", name="Remove Gus?").get_by_role("button", name="Remove").click()
    await expect(guest.page.get_by_text("This invite is no longer valid")).to_be_visible()
    await expect(host.page.locator(".person")).to_have_count(1)
    assert [error for error in guest.errors if "401" not in error] == []
    assert host.errors == []
    await guest.page.context.close()


async def test_guest_listens_along(home: Home, tabs: Tabs, open_tab: OpenTab) -> None:
    """On the phone itself, with the host's permission to add music."""
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, "Attic party")
    guest = await guest_tab(tabs, await invite_link(host))
    await come_in(guest.page, "Mia")
    await guest.page.get_by_role("button", name="Listen here").click()
    await expect(guest.page.get_by_role("button", name="Stop listening here")).to_be_visible()
    await home.api.call(
        "media_player.play_media",
        entity_id="media_player.attic_party",
        media_content_id=SONG,
        media_content_type="music",
    )
    await guest.page.wait_for_function("() => window.moosicbox?.player.signal() > 0.001")
    await guest.page.get_by_role("tab", name="People").click()
    # One guest, not two: the player took the place of the page.
    await expect(guest.page.locator(".person")).to_have_count(2)
    await guest.page.context.close()


async def test_voice_shows_the_code_on_an_open_page(home: Home, open_tab: OpenTab) -> None:
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, "Balcony")
    answer = await home.api.ask("conversation.process", text="lade Gäste auf den Balcony ein", language="de")
    assert "Balcony" in answer["response"]["speech"]["plain"]["speech"], answer
    await expect(host.page.get_by_role("img", name="QR code of the invite")).to_be_visible()
    assert not host.errors


async def test_without_an_invite_there_is_nothing(home: Home, tabs: Tabs) -> None:
    guest = await guest_tab(tabs, f"{home.url}/moosicbox/party/")
    await expect(guest.page.get_by_text("Invite required")).to_be_visible()
    assert await violations(guest.page, "moosicbox-guest-page") == []
    wrong = await guest_tab(tabs, f"{home.url}/moosicbox/party/#{'x' * 32}")
    await wrong.page.get_by_label("Your name").fill("Eve")
    await wrong.page.get_by_role("button", name="Join").click()
    await expect(wrong.page.get_by_text("This invite is no longer valid")).to_be_visible()
    for tab in guest, wrong:
        await tab.page.context.close()


async def test_revoked_invites_admit_nobody_any_more(tabs: Tabs, open_tab: OpenTab) -> None:
    """The host's button revokes all invites of the room; its guests stay."""
    host = await open_tab("/moosicbox/rooms")
    await make_room(host, "Porch")
    link = await invite_link(host)
    early = await guest_tab(tabs, link)
    await come_in(early.page, "Ada")

    await host.page.get_by_role("button", name="Invite").click()
    await host.page.get_by_role("button", name="Revoke all invites").click()
    await expect(host.page.get_by_text("All invites to this room are revoked")).to_be_visible()

    late = await guest_tab(tabs, link)
    await late.page.get_by_label("Your name").fill("Bob")
    await late.page.get_by_role("button", name="Join").click()
    await expect(late.page.get_by_text("This invite is no longer valid")).to_be_visible()
    await expect(early.page.get_by_role("tab", name="People")).to_be_visible()
    assert host.errors == []
    for tab in early, late:
        await tab.page.context.close()


async def test_household_members_join_from_the_list(home: Home, open_tab: OpenTab) -> None:
    host, other = await open_tab("/moosicbox/rooms"), await open_tab("/moosicbox/rooms")
    await make_room(host, "Kitchen party", control="everyone")
    card = other.page.get_by_role("region", name="Kitchen party", exact=True)
    await card.get_by_role("button", name="View").click()
    await expect(other.page.get_by_text("You are viewing Kitchen party.")).to_be_visible()
    await other.page.get_by_role("button", name="Join", exact=True).click()
    await expect(other.page.get_by_text("You are viewing")).to_be_hidden()
    await other.page.get_by_role("tab", name="People").click()
    await expect(other.page.locator(".person")).to_have_count(2)
    # The host leaves; the other one, the same user, goes on with it, and closes it.
    await host.page.get_by_role("tab", name="People").click()
    await host.page.get_by_role("button", name="Leave").click()
    await expect(other.page.locator(".person")).to_have_count(1)
    await other.page.get_by_role("button", name="Settings", exact=True).click()
    await other.page.get_by_role("dialog").get_by_role("button", name="Close room").click()
    await other.page.get_by_role("dialog", name="Close Kitchen party?").get_by_role("button", name="Close room").click()
    await expect(other.page.get_by_text("The room was closed")).to_be_visible()
    assert host.errors == other.errors == []
