"""A bare machine becomes a speaker: the wheel, a code from Home Assistant's own pages, two commands."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import re
import shutil
import signal
import sys

from playwright.async_api import expect
import pytest_asyncio

from script.lib.config_folder import REPOSITORY

from .conftest import OpenTab
from .home import Home
from .shell import Shell

SONG = "media-source://media_source/local/brass-morning.flac"
ENTITY = "media_player.attic"
CODE = re.compile(r"^moosicbox pair [0-9A-Z]{4}-[0-9A-Z]{4}$")


def uv() -> str:
    """The program that `script/setup` sees to."""
    return shutil.which("uv") or str(Path.home() / ".cache" / "moosicbox" / "uv" / "bin" / "uv")


async def run(*command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
    assert await process.wait() == 0, command


@pytest_asyncio.fixture(loop_scope="session")
async def box(tmp_path: Path) -> Shell:
    """A machine with an environment of its own in which nothing is but the wheel."""
    await run(uv(), "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    bare = tmp_path / "bare"
    await run(uv(), "venv", "--quiet", "--python", sys.executable, bare)
    await run(
        uv(), "pip", "install", "--quiet", "--python", bare / "bin" / "python", f"moosicbox[cli] @ {wheel.as_uri()}"
    )
    return Shell(tmp_path / "config", program=(bare / "bin" / "moosicbox",))


@pytest_asyncio.fixture(loop_scope="session")
async def speaker(box: Shell) -> AsyncGenerator[list[asyncio.subprocess.Process]]:
    """Processes that end with the test."""
    started: list[asyncio.subprocess.Process] = []
    yield started
    for process in started:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.communicate()


async def test_two_commands_and_a_code_make_a_speaker(
    home: Home, open_tab: OpenTab, box: Shell, speaker: list[asyncio.subprocess.Process]
) -> None:
    tab = await open_tab("/config/integrations/integration/moosicbox")
    page = tab.page
    await page.get_by_role("button", name="Add player").click()
    await expect(page.get_by_text("Add a player without a screen")).to_be_visible()
    await tab.screenshot("pairing-start")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Pair the player")).to_be_visible()
    await tab.screenshot("pairing-code")
    shown = await page.get_by_text(CODE).inner_text()
    code = shown.removeprefix("moosicbox pair ")
    await page.get_by_role("button", name="Submit").click()
    await expect(page.get_by_text("Waiting for the player")).to_be_visible()
    await tab.screenshot("pairing-waits")

    exit_code, out, err = await box.run("--url", home.url, "pair", code, "--name", "Attic")
    assert (exit_code, err) == (0, ""), out
    await expect(page.get_by_text("Attic is paired")).to_be_visible()
    await tab.screenshot("pairing-done")
    await page.get_by_role("button", name="Close").first.click()
    await expect(page.get_by_text("Attic", exact=True).first).to_be_visible()
    await tab.screenshot("pairing-player")

    process = await box.start("player", "--output", "null")
    speaker.append(process)
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "idle")
    await home.api.call("media_player.play_media", entity_id=ENTITY, media_content_id=SONG, media_content_type="music")
    state = await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
    assert state["attributes"]["media_title"] == "Brass Morning"

    await tab.screenshot("pairing-device")
    assert await completed(box, "moosicbox pl") == ["players", "play", "player"]
    assert await completed(box, "moosicbox pause A") == ["Attic"]

    await delete_player(home, "Attic")
    async with asyncio.timeout(60):
        _, complaint = await process.communicate()
    assert (process.returncode, "Traceback" in complaint.decode()) == (4, False), complaint.decode()
    async with asyncio.timeout(60):
        while await home.api.state(ENTITY) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert tab.errors == []


async def completed(box: Shell, typed: str) -> list[str]:
    """Return the shell's completions of the last word."""
    place = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    code, out, err = await Shell(box.config, box.program, _MOOSICBOX_COMPLETE="complete_bash", **place).run()
    assert (code, err) == (0, "")
    return out.split()


async def delete_player(home: Home, name: str) -> None:
    """As the menu of the player's entry does."""
    entry = await home.api.set_up_integration()
    async with home.api.websocket() as websocket:
        subentries = await websocket.command("config_entries/subentries/list", entry_id=entry["entry_id"])
        (subentry_id,) = [each["subentry_id"] for each in subentries if each["title"] == name]
        await websocket.command("config_entries/subentries/delete", entry_id=entry["entry_id"], subentry_id=subentry_id)
