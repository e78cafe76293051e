"""A headless player and a program that listens, whose network is pulled for a minute: nothing is lost, nothing comes twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
import json
from pathlib import Path
import signal
from typing import Any, get_args

import pytest

from script.lib.music import SONGS, write_songs

from .home import Home
from .network import Cut, network
from .shell import Shell

MINUTE = 60
NOTICES = 6
ENTITY = "media_player.shed"
LONG_SONG = replace(SONGS[0], title="Slow Train", step_seconds=2)
"""Well over the minute that the network is away, and what comes before."""
ONCE = 1.0
"""Seconds by which the music may seem to be elsewhere: much less than anything lost or played twice."""


@asynccontextmanager
async def running(shell: Shell, *arguments: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await shell.start(*arguments)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()


async def connected(monitor: asyncio.subprocess.Process) -> None:
    """Wait until it hears what is said."""
    assert monitor.stdout is not None
    async with asyncio.timeout(60):
        while json.loads(await monitor.stdout.readline())["type"] != "connected":
            pass


async def read_until(monitor: asyncio.subprocess.Process, last: int) -> list[Any]:
    """All that it tells up to the custom event of that number."""
    assert monitor.stdout is not None
    told: list[Any] = []
    async with asyncio.timeout(60):
        while not told or told[-1].get("data") != last:
            told.append(json.loads(await monitor.stdout.readline()))
    return told


@pytest.mark.parametrize("how", get_args(Cut.__value__))
async def test_a_minute_without_network(home: Home, tmp_path: Path, how: Cut) -> None:
    (path,) = await write_songs(home.folder.media, [LONG_SONG])
    made = await home.api.ask("moosicbox.create_token", sub="shed", permissions=["play", "listen"])
    async with network(home.port) as between:
        url = f"http://127.0.0.1:{between.port}"
        shell = Shell(tmp_path, MOOSICBOX_URL=url, MOOSICBOX_TOKEN=made["token"])
        async with (
            running(shell, "player", "--output", "null", "--name", "Shed", "--id", "shed") as player,
            running(shell, "--json", "monitor", "all") as monitor,
        ):
            await connected(monitor)
            await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "idle")
            media = f"media-source://media_source/local/{path.name}"
            await home.api.call(
                "media_player.play_media", entity_id=ENTITY, media_content_id=media, media_content_type="music"
            )
            await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
            await home.api.call("moosicbox.broadcast", target="all", event="cut", data=-1)
            await read_until(monitor, -1)
            began = await reported_began_at(home)

            between.cut(how)
            for number in range(NOTICES):
                await home.api.call("moosicbox.broadcast", target="all", event="cut", data=number)
                await asyncio.sleep(MINUTE / NOTICES)
            between.mend()
            await home.api.call("moosicbox.broadcast", target="all", event="cut", data=NOTICES)

            told = await read_until(monitor, NOTICES)
            assert [each["data"] for each in told if each["type"] == "message"] == list(range(NOTICES + 1))
            assert [each["resumed"] for each in told if each["type"] == "connected"] == [True]
            await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing", timeout=60)
            async with asyncio.timeout(60):
                while abs(await began_at(home) - began) > ONCE:  # noqa: ASYNC110 - until its first report after that
                    await asyncio.sleep(0.2)
            state = await home.api.state(ENTITY)
            assert state is not None
            assert (state["attributes"]["media_title"], state["attributes"]["queue_size"]) == (LONG_SONG.title, 1)
            assert player.returncode is None
    await home.forget_player(ENTITY)


async def reported_began_at(home: Home) -> float:
    """When the music began, once the player has reported that it plays and has the whole song.

    One that starts late is believed, so that its first report may move the beginning.
    """
    entry = await home.api.set_up_integration()
    async with asyncio.timeout(60):
        while True:
            found = (await home.api.get(f"/api/diagnostics/config_entry/{entry['entry_id']}"))["data"]
            (report,) = (player["reported"] for player in found["players"] if player["connected"])
            if report is not None and report["state"] == "playing" and (report["buffered_seconds"] or 0) > 2 * MINUTE:
                return await began_at(home)
            await asyncio.sleep(0.2)


async def began_at(home: Home) -> float:
    """When the music would have begun, by where it is now: the same as long as nothing is skipped or repeated."""
    state = await home.api.state(ENTITY)
    assert state is not None
    attributes = state["attributes"]
    position: float = attributes["media_position"]
    return datetime.fromisoformat(attributes["media_position_updated_at"]).timestamp() - position
