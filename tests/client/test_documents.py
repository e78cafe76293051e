"""The example of docs/client.md works as printed."""

import asyncio
import os
from pathlib import Path
import re
import sys

import pytest

from script.lib.config_folder import REPOSITORY
from tests.fixtures import BRASS
from tests.wire.client import Client

from .conftest import Dial

pytestmark = pytest.mark.process

PAGE = REPOSITORY / "docs" / "client.md"


async def test_example_program_prints_the_playing_track(
    address: str, token: str, dial: Dial, kitchen: Client, tmp_path: Path
) -> None:
    match = re.search(r"```python\n(import asyncio.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert match is not None
    lines = [line for line in match[1].splitlines() if line.strip()]
    assert len(lines) == 10
    program = tmp_path / "display.py"
    program.write_text(match[1].replace("from moosicbox.", "from custom_components.moosicbox.engine."))
    hub = await dial()
    await hub.player("kitchen").queue.add(media=BRASS)
    await hub.player("kitchen").play()
    # It prints every state that it sees: that before would come first.
    display = await asyncio.create_subprocess_exec(
        *(sys.executable, str(program), address),
        env={**os.environ, "MOOSICBOX_TOKEN": token, "PYTHONPATH": str(REPOSITORY)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert display.stdout is not None
    async with asyncio.timeout(60):
        shown = await display.stdout.readline()
    assert shown.decode() == "kitchen: Brass Morning by The Wind-Up Trio (playing)\n"
    display.kill()
    await display.wait()
