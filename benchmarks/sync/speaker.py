"""The headless player as a process of its own, playing into the sound card."""

import asyncio
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
import sys

from script.lib.config_folder import REPOSITORY

from .house import House
from .sound_card import SoundCard


@asynccontextmanager
async def speaker(home: House, card: SoundCard, number: int) -> AsyncGenerator[None]:
    """The player of the card's output of that number; it is there when this is entered."""
    name = card.listeners[number].player_id
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "custom_components.moosicbox.engine.client.cli", "player"),
        *("--name", name, "--id", name, "--output", f"pulse/{card.output(number)}"),
        cwd=REPOSITORY,
        env={
            **os.environ,
            **card.environment,
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
