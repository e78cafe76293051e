"""A browser without developer tools, to measure its memory. With Playwright, browsers keep everything that they fetched."""

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import tempfile
from typing import Final

from playwright.async_api import async_playwright

from benchmarks.process import memory
from script.lib.browser import chromium, storage_state

from .measured_home import MeasuredHome
from .tab import ARGUMENTS

SETTLE_SECONDS: Final = 20


class UnobservedPlayer:
    """A browser with one page that is a player. `pid` is the browser's process."""

    def __init__(self, player_id: str, pid: int) -> None:
        self.player_id = player_id
        self._pid = pid

    def memory(self) -> float:
        """Return the memory of the page's process, in MiB."""
        return max(memory(pid) for pid in _renderers(self._pid)) / 1024


@asynccontextmanager
async def unobserved_player(home: MeasuredHome) -> AsyncGenerator[UnobservedPlayer]:
    """Make a browser profile a player, and start a browser with it."""
    url = home.client.url
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                profile, executable_path=chromium(), args=ARGUMENTS, locale="en-GB"
            )
            page = await context.new_page()
            login = storage_state(home.client, url)["origins"][0]["localStorage"][0]
            await page.add_init_script(
                f"localStorage.setItem({json.dumps(login['name'])}, {json.dumps(login['value'])})"
            )
            await page.goto(f"{url}/moosicbox")
            await page.get_by_role("textbox", name="Name of this player").fill("alone")
            await page.get_by_role("button", name="Play on this device").click()
            await page.get_by_text("In Home Assistant: media_player.").wait_for()
            (identity,) = await page.evaluate("Object.values(localStorage).filter(value => value.includes('playerId'))")
            await asyncio.sleep(1)
            await context.close()
        process = await asyncio.create_subprocess_exec(
            *(str(chromium()), *ARGUMENTS, "--headless=new", f"--user-data-dir={profile}", f"{url}/moosicbox"),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        try:
            await asyncio.sleep(SETTLE_SECONDS)
            yield UnobservedPlayer(json.loads(identity)["playerId"], process.pid)
        finally:
            process.terminate()
            await process.wait()


def _renderers(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # The process has just ended.
            continue
        parents.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        waiting += parents.get(pid, [])
        if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
            found.append(pid)
    return found
