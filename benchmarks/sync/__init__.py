"""Two and four browsers in one room: how far apart what they play really is, while people pause, seek and skip."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
import tempfile
import time
from typing import Final

from playwright.async_api import async_playwright

from benchmarks.options import Options
from benchmarks.report import Row, median
from custom_components.moosicbox.engine.client import MoosicBoxClient
from custom_components.moosicbox.engine.client.controls import RoomControls
from custom_components.moosicbox.engine.protocol.client import RoomJoin
from script.lib.browser import chromium
from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port

from .listener import Disturbance, Listener, OpenListener, differences, open_listener
from .ruler import write_rulers
from .slow_network import slow_network

ARGUMENTS: Final = ["--no-sandbox", "--disable-background-networking", "--autoplay-policy=no-user-gesture-required"]
TRACKS: Final = 4
CLOCK_SECONDS: Final = 12
"""Until the tabs know the hub's clock better than at first."""
SETTLING: Final = 2.0
"""Seconds after a command that don't count."""
EVERY: Final = 0.1
JITTER: Final = 0.05
PPM: Final = 100


async def measure(options: Options) -> list[Row]:
    """Play for a while, with two and with four."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        client = await stack.enter_async_context(_home_assistant(folder))
        await write_rulers(folder / "config" / "media", TRACKS)
        token = (await client.ask("moosicbox.create_token", sub="benchmark", role="admin", expires_in=86_400))["token"]
        hub = await stack.enter_async_context(MoosicBoxClient(client.url, token=token))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        port = int(client.url.rpartition(":")[2])
        far = Disturbance(PPM, f"http://127.0.0.1:{await stack.enter_async_context(slow_network(port, JITTER))}")
        open_one = partial(open_listener, browser, client)
        return [
            *await _two(hub, open_one, options.listening_seconds),
            *await _four(hub, open_one, far, options.listening_seconds),
        ]


async def _two(hub: MoosicBoxClient, open_one: OpenListener, seconds: float) -> list[Row]:
    party = Party(await hub.create_room("Two"), hub)
    for name in ("two-1", "two-2"):
        await party.join(await open_one(name))
    await party.begin()
    await party.go_on(seconds)
    await party.end()
    return [*_spread("two", differences(party.listeners, party.moments()), 1, 5), *_pauses("two", party)]


async def _four(hub: MoosicBoxClient, open_one: OpenListener, far: Disturbance, seconds: float) -> list[Row]:
    party = Party(await hub.create_room("Four"), hub)
    near = [await open_one("four-1"), await open_one("four-2")]
    disturbed = await open_one("four-far", far)
    for listener in (*near, disturbed):
        await party.join(listener)
    await party.begin()
    await party.go_on(seconds / 2)
    late = await open_one("four-late")
    asked = time.monotonic()
    await party.join(late)
    await party.go_on(seconds / 2)
    await party.end()
    moments = party.moments()
    undisturbed = differences([*near, late], moments)
    with_far = [apart for one in (*near, late) for apart in differences([one, disturbed], moments)]
    began = late.readings[0].at
    joining = differences([near[0], late], [began + EVERY * number for number in range(int(SETTLING / EVERY))])
    return [
        *_spread("four, the undisturbed", undisturbed, 1, 5),
        *_spread("four, each with the disturbed", with_far, None, 10),
        Row("four: the late one sounds after", began - asked, "s"),
        Row("four: the late one apart in its first two seconds, most", max(joining), "ms"),
        *_pauses("four", party),
    ]


class Party:
    """A room and what people do in it."""

    def __init__(self, room: RoomControls, hub: MoosicBoxClient) -> None:
        self.listeners: list[Listener] = []
        self.pauses: list[float] = []
        """When they were asked for."""
        self._commands: list[float] = []
        self._room = room
        self._hub = hub

    async def join(self, listener: Listener) -> None:
        """Somebody comes, perhaps late."""
        await self._hub.request(RoomJoin(room_id=self._room.id, player_id=listener.player_id))
        self.listeners.append(listener)

    async def begin(self) -> None:
        """Play, again and again."""
        await asyncio.sleep(CLOCK_SECONDS)
        for track in range(TRACKS):
            await self._room.queue.add(media=f"media-source://media_source/local/ruler-{track}.flac")
        await self._room.mode(repeat="all")
        await self._do(self._room.play())

    async def go_on(self, seconds: float) -> None:
        """Seek, let a track change by itself, pause, go on, skip: a minute long, again and again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(15)
            await self._do(self._room.seek(35))
            await asyncio.sleep(32)
            self.pauses.append(time.monotonic())
            await self._do(self._room.pause())
            await asyncio.sleep(3)
            await self._do(self._room.play())
            await asyncio.sleep(10)
            await self._do(self._room.next())

    async def end(self) -> None:
        """Read the rest, and close."""
        await self._room.stop()
        for listener in self.listeners:
            await listener.close()

    def moments(self) -> list[float]:
        """All that count: not the two seconds after each command."""
        start, end = self._commands[0], min(listener.readings[-1].at for listener in self.listeners)
        moments = (start + EVERY * number for number in range(int((end - start) / EVERY)))
        return [at for at in moments if not any(0 <= at - command < SETTLING for command in self._commands)]

    async def _do(self, command: Awaitable[None]) -> None:
        await command
        self._commands.append(time.monotonic())


def _spread(who: str, differences: list[float], middle: float | None, most: float) -> list[Row]:
    differences.sort()

    def quantile(part: float) -> float:
        return differences[int(part * (len(differences) - 1))]

    return [
        Row(f"{who}: apart, median", quantile(0.5), "ms", f"≤ {middle}" if middle else ""),
        Row(f"{who}: apart, p95", quantile(0.95), "ms", f"≤ {most}"),
        Row(f"{who}: apart, p99", quantile(0.99), "ms"),
        Row(f"{who}: apart, most", differences[-1], "ms"),
        Row(f"{who}: compared", len(differences), "pairs of readings"),
    ]


def _pauses(who: str, party: Party) -> list[Row]:
    spreads: list[float] = []
    for asked in party.pauses:
        ends = [
            # Whoever plays on counts as long as anybody looks.
            next((at for at in listener.silences if at > asked), asked + SETTLING)
            for listener in party.listeners
            if listener.heard(asked) is not None
        ]
        spreads.append((max(ends) - min(ends)) * 1e3)
    return [
        Row(f"{who}: a pause silences all within, median", median(spreads), "ms"),
        Row(f"{who}: a pause silences all within, most", max(spreads), "ms", "≤ 50"),
    ]


@asynccontextmanager
async def _home_assistant(folder: Path) -> AsyncGenerator[HomeAssistantClient]:
    config = ConfigFolder(folder / "config")
    config.write(port=(port := free_port()))
    process = HomeAssistantProcess(config, port, folder / "home-assistant.log")
    try:
        await process.start()
        async with HomeAssistantClient(process.url) as client:
            await client.log_in()
            await client.wait_until_running()
            await client.set_up_integration()
            yield client
    finally:
        await process.stop()
