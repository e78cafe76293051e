"""An automation that is made in Home Assistant's editor, with a trigger and a condition of the integration."""

from playwright.async_api import Page, expect

from script.lib.music import SONGS, Song

from .conftest import OpenTab
from .home import Home
from .silent_players import silent_players

AUTOMATION = "automation.veranda_goes_on"


def address(song: Song) -> str:
    return f"media-source://media_source/local/{song.file_name}"


async def add(page: Page, kind: str, name: str, target: str) -> None:
    """Add a trigger or a condition to the automation, for a media player."""
    await page.get_by_role("button", name=f"Add {kind}").click()
    dialog = page.locator("add-automation-element-dialog")
    await dialog.get_by_role("textbox").first.fill(name)
    await dialog.get_by_text(name, exact=True).click()
    await page.get_by_role("button", name="Add target").click()
    picker = page.get_by_role("dialog", name="Select option")
    await picker.get_by_role("textbox").fill(target)
    # The entity comes before its device.
    await picker.get_by_text(target, exact=True).first.click()


async def test_automation_of_the_editor_runs(home: Home, open_tab: OpenTab) -> None:
    """It runs for a changed track if the condition holds, and only then."""
    async with silent_players(home, "Veranda") as (veranda,):
        page = (await open_tab("/config/automation/edit/new")).page
        await add(page, "trigger", "Track changed", "Veranda")
        await add(page, "condition", "Queue has items", "Veranda")
        await expect(page.get_by_role("status", name="Condition did not pass")).to_be_attached()
        await page.get_by_role("button", name="Save").click()
        dialog = page.locator("ha-dialog-automation-save")
        await dialog.get_by_role("textbox").first.fill("Veranda goes on")
        await dialog.get_by_role("button", name="Save").click()
        await home.api.wait_for_state(AUTOMATION, lambda state: state["state"] == "on")

        media = {"entity_id": veranda, "media_content_type": "music"}
        first, *others = SONGS
        await home.api.call("media_player.play_media", **media, media_content_id=address(first))
        await home.api.wait_for_state(veranda, lambda state: state["attributes"].get("media_title") == first.title)
        for song in others:
            await home.api.call("media_player.play_media", **media, media_content_id=address(song), enqueue="add")
        automation = await home.api.state(AUTOMATION)
        assert automation is not None
        assert automation["attributes"]["last_triggered"] is None
        await home.api.call("media_player.media_next_track", entity_id=veranda)
        await home.api.wait_for_state(AUTOMATION, lambda state: state["attributes"]["last_triggered"] is not None)
        await home.api.call("automation.turn_off", entity_id=AUTOMATION)
