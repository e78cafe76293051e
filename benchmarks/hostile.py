"""Home Assistant's loop and memory while it handles hostile files, pictures, messages, tokens and invites."""

import asyncio
import json
from pathlib import Path
import tempfile
from typing import Final

from aiohttp import ClientSession

from script.lib.sounds import Sounds
from tests.e2e.home import Home
from tests.e2e.hostile_corpus import HostileCorpus

from .options import Options
from .process import forget_largest_memory, memory_field
from .report import Row
from .targets import link_component

COMPONENT: Final = "moosicbox_loop"
IDLE_SECONDS: Final = 10
MIB: Final = 1_048_576


async def measure(_options: Options) -> list[Row]:
    """Measure the longest turn of the loop: idle, with harmless data, and with hostile data."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        home = Home(folder)
        socket = folder / "loop.sock"
        link_component(home.folder.path / "custom_components" / COMPONENT, "loop_monitor")
        with (home.folder.path / "configuration.yaml").open("a", encoding="utf-8") as configuration:
            configuration.write(f"{COMPONENT}:\n  socket: {socket}\n")
        try:
            await home.start()
            async with ClientSession() as session:
                return await _measure(home, HostileCorpus(home, session, Sounds(folder / "sounds"), folder), socket)
        finally:
            await home.stop()


async def _measure(home: Home, corpus: HostileCorpus, socket: Path) -> list[Row]:
    reader, writer = await asyncio.open_unix_connection(socket)

    async def longest(what: str, goal: str = "") -> list[Row]:
        writer.write(b"loop\n")
        turn = json.loads(await reader.readline())
        return [
            Row(f"{what}: longest turn of the loop, CPU time", turn["cpu_us"] / 1e3, "ms", goal),
            Row(f"{what}: the same by the clock", turn["wall_us"] / 1e3, "ms", goal),
        ]

    await longest("the first question starts the probe")
    await asyncio.sleep(IDLE_SECONDS)
    rows = await longest(f"idle for {IDLE_SECONDS} s")
    await corpus.warm_up()
    rows += await longest("harmless data")
    before = memory_field(home.process.pid, "VmRSS")
    forget_largest_memory(home.process.pid)
    await corpus.throw()
    rows += await longest("hostile data", "≤ 100")
    writer.close()
    grown = memory_field(home.process.pid, "VmHWM") - before
    return [*rows, Row("hostile data: largest growth of memory", grown / MIB, "MiB", "≤ 64")]
