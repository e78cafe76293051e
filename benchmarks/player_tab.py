"""Browser tabs that are players."""

import json

from playwright.async_api import Page


async def become_player(page: Page, name: str) -> str:
    """Make a page of the integration a player, and return the player's id."""
    await page.goto("/moosicbox")
    await page.get_by_role("textbox", name="Name of this player").fill(name)
    await page.get_by_role("button", name="Play on this device").click()
    await page.get_by_text("In Home Assistant: media_player.").wait_for()
    (identity,) = await page.evaluate("Object.values(localStorage).filter(value => value.includes('playerId'))")
    player_id: str = json.loads(identity)["playerId"]
    return player_id
