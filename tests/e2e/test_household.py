"""The Household page on a phone: alarms, sleep timers, announcements, follow me, snapshots and rules without YAML."""

from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, Page, expect
import pytest

from .conftest import OpenTab
from .home import Home
from .pages import misfits, still, violations
from .tabs import PHONE, Tab

AREA = "sensor.ada_area"


def section(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def check(page: Page) -> None:
    """Check that the page is accessible, and fits on the screen."""
    await still(page)
    assert await violations(page, "moosicbox-panel") == []
    assert await misfits(page, "moosicbox-panel") == []


async def save(page: Page, dialog: Locator) -> None:
    """Check a dialog, and save it."""
    await check(page)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)


async def play_here(tab: Tab) -> None:
    """Play music in this browser, and open the Household page."""
    page = tab.page
    await page.get_by_role("button", name="Play on this device").click()
    await page.get_by_role("button", name="Play random songs").click()
    await page.wait_for_function("() => window.moosicbox?.player.signal() > 0.001")
    await page.get_by_role("link", name="Household").click()
    await expect(section(page, "Alarms")).to_be_visible()


async def test_the_day_of_a_household_on_a_phone(home: Home, open_tab: OpenTab) -> None:
    home_tab = await open_tab("/moosicbox/listen", viewport=PHONE)
    page = home_tab.page
    await play_here(home_tab)
    await check(page)

    await an_alarm_rings(home, page)
    await a_sleep_timer(page)
    await a_rule(page)
    await a_snapshot(page)
    await follow_me(home, page)
    await an_announcement(home, page)
    await home_tab.screenshot("household-phone")
    await page.get_by_role("link", name="Listen").click()
    await page.get_by_role("button", name="Stop playing here").click()
    assert home_tab.errors == []


async def an_alarm_rings(home: Home, page: Page) -> None:
    """Add an alarm, snooze it when it rings, stop and delete it."""
    alarms = section(page, "Alarms")
    await alarms.get_by_role("button", name="Add alarm").click()
    dialog = page.get_by_role("dialog", name="Add alarm")
    await dialog.get_by_label("Time", exact=True).fill("07:00")
    await dialog.get_by_label("Name", exact=True).fill("Wake up")
    await dialog.get_by_label("Fade-in").fill("0")
    await dialog.get_by_label("Music", exact=True).select_option(label="Search in the library")
    await dialog.get_by_label("Search for").fill("Brass Morning")
    await save(page, dialog)
    await expect(alarms.get_by_text("07:00", exact=True)).to_be_visible()
    # The page sets whole minutes; an automation sets it to ring now.
    await home.api.wait_for_state("time.wake_up_time", lambda state: state["state"] == "07:00:00")
    soon = datetime.now(UTC) + timedelta(seconds=3)
    await home.api.call("time.set_value", entity_id="time.wake_up_time", time=f"{soon:%H:%M:%S}")
    await expect(alarms.get_by_text("is ringing")).to_be_visible()
    await check(page)
    await alarms.get_by_role("button", name="Snooze").click()
    await expect(alarms.get_by_text("snoozed until")).to_be_visible()
    await alarms.get_by_role("button", name="Stop").click()
    await expect(alarms.get_by_role("button", name="Stop")).to_be_hidden()
    await alarms.get_by_role("button", name="Wake up").click()
    await page.get_by_role("dialog", name="Alarm").get_by_role("button", name="Delete alarm").click()
    await expect(alarms.get_by_text("No alarm is set.")).to_be_visible()


async def a_sleep_timer(page: Page) -> None:
    timers = section(page, "Sleep timer")
    await timers.get_by_role("button", name="15 min").click()
    cancel = timers.get_by_role("button", name="Cancel the sleep timer")
    await expect(cancel).to_be_visible()
    await cancel.click()
    await expect(timers.get_by_text("No sleep timer is set.")).to_be_visible()


async def a_rule(page: Page) -> None:
    rules = section(page, "Rules")
    await rules.get_by_role("button", name="Add rule").click()
    dialog = page.get_by_role("dialog", name="Add rule")
    await dialog.get_by_label("Name", exact=True).fill("Night")
    await dialog.get_by_label("From").fill("22:00")
    await dialog.get_by_label("Until").fill("06:30")
    await dialog.get_by_label("Loudest volume").fill("30")
    await save(page, dialog)
    await expect(rules.get_by_text("22:00–06:30 · at most 30 %")).to_be_visible()
    await rules.get_by_role("button", name="Night").click()
    await page.get_by_role("dialog", name="Rules").get_by_role("button", name="Delete rule").click()
    await expect(rules.get_by_text("No rule limits the players.")).to_be_visible()


async def a_snapshot(page: Page) -> None:
    snapshots = section(page, "Snapshots")
    await snapshots.get_by_role("button", name="Keep what plays now").click()
    await snapshots.get_by_role("button", name="Restore").click()
    await snapshots.get_by_role("button", name="Delete Snapshot").click()
    await expect(snapshots.get_by_text("Keep what plays where")).to_be_visible()


async def follow_me(home: Home, page: Page) -> None:
    """Add a person with one of Home Assistant's entities, switch it off and delete it."""
    await home.api.post(f"/api/states/{AREA}", {"state": "Kitchen", "attributes": {"friendly_name": "Area of Ada"}})
    await page.wait_for_function("(id) => document.querySelector('home-assistant').hass.states[id]", arg=AREA)
    people = section(page, "Follow me")
    await people.get_by_role("button", name="Add person").click()
    dialog = page.get_by_role("dialog", name="Add person")
    await expect(dialog.locator(f"datalist option[value='{AREA}']")).to_be_attached()
    await dialog.get_by_label("Name", exact=True).fill("Ada")
    await dialog.get_by_label("Entity that reports presence").fill(AREA)
    await dialog.get_by_label("State").fill("Kitchen")
    await dialog.get_by_role("button", name="Add place").click()
    await dialog.get_by_role("button", name="Remove place").last.click()
    await save(page, dialog)
    switch = people.get_by_role("switch", name="Music follows Ada")
    await expect(switch).to_be_checked()
    await home.api.wait_for_state("switch.moosicbox_follow_ada", lambda state: state["state"] == "on")
    await switch.uncheck()
    await home.api.wait_for_state("switch.moosicbox_follow_ada", lambda state: state["state"] == "off")
    await people.get_by_role("button", name="Ada").click()
    await page.get_by_role("dialog", name="Follow me").get_by_role("button", name="Delete").click()
    await expect(people.get_by_text("Let music follow a person")).to_be_visible()


async def an_announcement(home: Home, page: Page) -> None:
    """Announce a message in everybody's hearing, repeated until it is acknowledged."""
    announcements = section(page, "Announcements")
    await announcements.get_by_label("Message").fill("Dinner is ready")
    await announcements.get_by_label("Repeat every minute").check()
    await announcements.get_by_role("button", name="Announce").click()
    await expect(page.get_by_text("Announced", exact=True)).to_be_visible()
    acknowledge = announcements.get_by_role("button", name="Acknowledge")
    await expect(acknowledge).to_be_visible()
    await check(page)
    await acknowledge.click()
    await expect(acknowledge).to_have_count(0)


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_the_page_exists_in_both_languages(home: Home, open_tab: OpenTab, locale: str) -> None:
    async with home.language(locale):
        tab = await open_tab("/moosicbox/household", viewport=PHONE)
        name = {"en": "Announcements", "de": "Durchsagen"}[locale]
        await expect(section(tab.page, name)).to_be_visible()
        await check(tab.page)
