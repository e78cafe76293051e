"""The example of the browser client's page, as its reader runs it."""

import re
import shutil

from playwright.async_api import Dialog, expect

from script.lib.config_folder import INTEGRATION, REPOSITORY

from .conftest import OpenTab
from .home import Home

DOCS = REPOSITORY / "docs" / "browser-client.md"
CLIENT = INTEGRATION / "frontend" / "client"
MAX_LINES = 24


async def test_the_example_shows_and_steers(home: Home, open_tab: OpenTab, new_tab: OpenTab) -> None:
    text = DOCS.read_text(encoding="utf-8")
    found = re.search(r"```html\n(.*?)```", text, re.DOTALL)
    assert found is not None
    example = found[1]
    assert len(example.splitlines()) <= MAX_LINES
    made = await home.api.ask("moosicbox.create_token", sub="wall", role="user")

    player = await open_tab("/moosicbox")
    await player.page.get_by_label("Name of this player").fill("Attic")
    await player.page.get_by_role("button", name="Play on this device").click()
    await home.api.wait_for_state("media_player.attic", lambda state: state["state"] != "unavailable")
    await home.api.call(
        "media_player.play_media",
        entity_id="media_player.attic",
        media_content_id="media-source://media_source/local/copper-rain.mp3",
        media_content_type="music",
    )

    shutil.copytree(CLIENT, home.www / "moosicbox")
    (home.www / "wall.html").write_text(example, encoding="utf-8")

    async def answer(dialog: Dialog) -> None:
        await dialog.accept(made["token"])

    wall = await new_tab()
    wall.page.on("dialog", answer)
    await wall.page.goto("/local/wall.html")
    await expect(wall.page).to_have_title("ready")
    line = wall.page.get_by_role("button").filter(has_text="Copper Rain")
    await expect(line).to_contain_text("(playing)")
    await line.click()
    await expect(line).to_contain_text("(paused)")
    # The example has no icon.
    assert [error for error in wall.errors if "favicon" not in error] == []
    await player.page.get_by_role("button", name="Stop playing here").click()
