"""Sendspin's reference player, unmodified, as a process that is killed, frozen and started again."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import signal

from aiohttp import ClientSession
import pytest

from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd
from custom_components.moosicbox.engine.speakers.sendspin import service as module
from custom_components.moosicbox.engine.speakers.sendspin.service import Candidate, NotReachable, SendspinService
from custom_components.moosicbox.engine.speakers.sendspin.store import PairingStore
from script.lib.process import free_port
from script.lib.speakers import SilentSound

from .stage import Stage

PATIENCE = 60.0
"""Seconds: the player is a program that starts slowly on a busy machine."""
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """The library's timers for speakers that may come back outlive its server."""
    return True


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncGenerator[SilentSound]:
    sound = SilentSound(tmp_path)
    async with sound.running():
        yield sound


@pytest.fixture
async def service(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[SendspinService]:
    monkeypatch.setattr("tests.engine.speakers.stage.TIMEOUT", PATIENCE)
    monkeypatch.setattr(module, "REDIAL_SECONDS", 1.0)
    async with ClientSession() as session:
        running = SendspinService(stage.speakers, PairingStore(None, lambda _state: None), "House", session)
        await running.start("127.0.0.1", 48_927)
        yield running
        await running.stop()


@pytest.mark.process
async def test_the_reference_player_dies_and_comes_back(
    stage: Stage, service: SendspinService, silent: SilentSound
) -> None:
    """It plays a song. It is unavailable when it is killed, and plays again as a new process."""
    port = free_port()
    url = f"ws://127.0.0.1:{port}/sendspin"

    def connected() -> bool:
        player = stage.hub.players.find(player_id)
        return player is not None and player.connected

    async with silent.sendspin("Study", port) as process:
        player_id = await added(stage, service, url)
        await stage.until(connected)
        await play(stage, player_id)
        await stage.until(lambda: stage.finished(player_id))
        process.kill()
        await process.wait()
        await stage.until(lambda: not connected())
        assert stage.speakers.state_of(player_id) == "disconnected"
    async with silent.sendspin("Study", port):
        await stage.until(connected)
        await play(stage, player_id)
        await stage.until(lambda: stage.finished(player_id))


@pytest.mark.process
async def test_the_reference_player_freezes(stage: Stage, service: SendspinService, silent: SilentSound) -> None:
    """A player that was frozen for a moment plays on when it wakes."""
    port = free_port()
    async with silent.sendspin("Study", port) as process:
        player_id = await added(stage, service, f"ws://127.0.0.1:{port}/sendspin")
        await stage.until(lambda: stage.hub.players.find(player_id) is not None and stage.player(player_id).connected)
        process.send_signal(signal.SIGSTOP)
        await play(stage, player_id)
        process.send_signal(signal.SIGCONT)
        await stage.until(lambda: stage.finished(player_id))


async def play(stage: Stage, player_id: str) -> None:
    await stage.do(QueueAdd(player_id=player_id, media_content_id="whole.flac"))
    await stage.do(PlaybackCommand(player_id=player_id, command="play"))


async def added(stage: Stage, service: SendspinService, url: str) -> str:
    """Dial a player as soon as it listens, trust it, and add it; return its id."""
    player_id = (await probed(service, url)).info.player_id
    await service.trust(player_id)
    stage.speakers.set_added({player_id: "Study"})
    service.set_addresses({player_id: url})
    return player_id


async def probed(service: SendspinService, url: str) -> Candidate:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await service.probe(url)
            except NotReachable:
                await asyncio.sleep(0.2)
