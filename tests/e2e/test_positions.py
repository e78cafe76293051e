"""The position in a long item, in a real Home Assistant that is stopped and killed while nothing but music happens."""

import asyncio
from collections.abc import AsyncGenerator
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
import pytest_asyncio

from tests.wire.client import Client, player

from .home import Home

INTERVAL = 10.0
"""Seconds of music that a crash may lose."""
HOUR = 3_600


class Reader:
    """A player that plays an audiobook of an hour, and reports nothing after its start."""

    def __init__(self, home: Home, http: ClientSession) -> None:
        self._home = home
        self._http = http
        self._token = ""
        self.client: Client | None = None

    async def connect(self) -> Client:
        self._token = (
            self._token or (await self._home.api.ask("moosicbox.create_token", sub="reader", role="user"))["token"]
        )
        self.client = await Client.connect(self._http)
        await self.client.authenticate(self._token, client=player("reader"))
        return self.client

    async def play(self) -> dict[str, Any]:
        """Return the order after which it plays."""
        client = await self.connect()
        song = next(path.name for path in self._home.folder.media.iterdir() if path.suffix == ".flac")
        media = f"media-source://media_source/local/{song}"
        added = await client.request("queue_command", action="add", place="replace", media_content_id=media, play=True)
        assert added["type"] == "result", added
        order = await client.until("synchronized_playback", command="play")
        await client.request(
            "player_report",
            state="playing",
            queue_item_id=order["queue_item_id"],
            position_seconds=order["start_position"],
            at_us=order["sync_time_us"],
            duration_seconds=HOUR,
        )
        return order

    async def position_us(self, order: dict[str, Any]) -> int:
        """Return the position now, in microseconds."""
        assert self.client is not None
        probe = await self.client.request("ping")
        return int(probe["server_time_us"]) - int(order["sync_time_us"])

    async def returned(self) -> dict[str, Any]:
        """Return the order that it gets when it connects again."""
        return await (await self.connect()).until("synchronized_playback")


@pytest_asyncio.fixture(loop_scope="session")
async def reader(home: Home) -> AsyncGenerator[Reader]:
    async with ClientSession(home.url) as http:
        yield Reader(home, http)
    await home.forget_player("media_player.reader")


async def test_a_clean_stop_saves_the_position(home: Home, reader: Reader) -> None:
    order = await reader.play()
    await asyncio.sleep(3)
    stopped_us = await reader.position_us(order)
    await home.restart()
    paused = await reader.returned()
    assert (paused["command"], paused["queue_item_id"]) == ("pause", order["queue_item_id"])
    assert paused["start_position"] >= stopped_us / 1e6


async def until_written(path: Path) -> None:
    before = path.stat().st_mtime_ns if path.exists() else 0
    async with asyncio.timeout(2 * INTERVAL):
        while not path.exists() or path.stat().st_mtime_ns == before:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)


async def test_a_crash_loses_at_most_ten_seconds(home: Home, reader: Reader) -> None:
    order = await reader.play()
    state, positions = (home.folder.path / ".storage" / f"moosicbox.{name}" for name in ("state", "positions"))
    await until_written(positions)
    written = state.stat().st_mtime_ns
    await until_written(positions)
    assert state.stat().st_mtime_ns == written, "The whole state was written for a position"
    saved = json.loads(positions.read_text(encoding="utf-8"))["data"]["positions"]["player:reader"]["position"]
    killed_us = await reader.position_us(order)
    await home.crash()
    paused = await reader.returned()
    assert (paused["command"], paused["queue_item_id"]) == ("pause", order["queue_item_id"])
    assert paused["start_position"] >= max(saved, killed_us / 1e6 - INTERVAL) - 0.001
    assert home.complaints() == []
