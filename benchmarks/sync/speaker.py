"""The headless player as a process, with the virtual sound card as its output."""

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os

from benchmarks.home import RunningHome
from script.lib.command_line import COMMAND_LINE, engine_path

from .sound_card import SoundCard


@asynccontextmanager
async def speaker(home: RunningHome, card: SoundCard, number: int) -> AsyncGenerator[None]:
    """Start the player for an output of the card, and wait until it is connected."""
    name = card.listeners[number].player_id
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND_LINE, "player"),
        *("--name", name, "--id", name, "--output", f"pulse/{card.output(number)}"),
        env={
            **os.environ,
            **card.environment,
            "PYTHONPATH": engine_path(home.folder),
            "MOOSICBOX_CONFIG": str(home.folder / name),
            "MOOSICBOX_URL": home.client.url,
            "MOOSICBOX_TOKEN": home.token,
        },
        stdin=DEVNULL,
        stderr=(home.folder / f"{name}.log").open("wb"),
    )
    try:
        await home.client.wait_for_state(
            f"media_player.{name.replace('-', '_')}", lambda state: state["state"] == "idle"
        )
        await home.hub.player(name).volume(1.0)
        yield
    finally:
        process.terminate()
        await process.wait()
