"""The example player of docs/player.md, run as a program."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path
import re
import sys
import textwrap
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.client import PlayerReport
from tests.fixtures import BRASS, CreateToken
from tests.http import HttpClient
from tests.states import state_of
from tests.test_repository import REPOSITORY
from tests.wire.client import PATIENCE

pytestmark = pytest.mark.process

ENTITY = "media_player.my_first_player"

type Reports = asyncio.Queue[PlayerReport]


def example() -> str:
    found = re.findall(r"```python\n(.*?)```", (REPOSITORY / "docs" / "player.md").read_text("utf-8"), re.DOTALL)
    assert len(found) == 1
    return textwrap.dedent(found[0])


async def reported(state: str, reports: Reports) -> PlayerReport:
    """Wait for a report of a state."""
    async with asyncio.timeout(PATIENCE):
        while (report := await reports.get()).state != state:
            pass
    return report


@pytest.fixture
def reports(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Reports:
    """Collect the reports of players."""
    heard: Reports = asyncio.Queue()
    report = hub.players.report

    def hear(player: Any, message: Any) -> None:
        report(player, message)
        heard.put_nowait(message)

    monkeypatch.setattr(hub.players, "report", hear)
    return heard


@pytest.fixture
async def stranger(
    hass: HomeAssistant, hub: Hub, http: HttpClient, create_token: CreateToken, tmp_path: Path
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The running example, connected as a player."""
    (program := tmp_path / "player.py").write_text(example(), "utf-8")
    arrived = asyncio.Event()
    hub.players.added.subscribe(lambda _player: arrived.set())
    environment = {
        **os.environ,
        "MOOSICBOX_TOKEN": await create_token("stranger", permissions=["play"]),
        "SDL_AUDIODRIVER": "dummy",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, str(http.make_url("/")), env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(PATIENCE):
        await arrived.wait()
    await hass.async_block_till_done()
    yield process
    process.terminate()
    await process.wait()


async def act(hass: HomeAssistant, action: str, **fields: Any) -> None:
    await hass.services.async_call("media_player", action, {"entity_id": ENTITY, **fields}, blocking=True)


def test_the_example_is_short() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) <= 42


@pytest.mark.usefixtures("stranger")
async def test_the_example_plays(hass: HomeAssistant, reports: Reports) -> None:
    await act(hass, "play_media", media_content_id=BRASS, media_content_type="music")
    report = await reported("playing", reports)
    assert report.queue_item_id is not None
    assert report.position_seconds == pytest.approx(0, abs=0.5)
    await act(hass, "media_pause")
    assert (await reported("paused", reports)).queue_item_id == report.queue_item_id
    assert state_of(hass, ENTITY).state == "paused"
    await act(hass, "media_stop")
    assert (await reported("idle", reports)).queue_item_id is None


@pytest.mark.usefixtures("stranger")
async def test_the_example_fetches_music_and_reports_the_end(hass: HomeAssistant, reports: Reports) -> None:
    await act(hass, "play_media", media_content_id=BRASS, media_content_type="music")
    await reported("playing", reports)
    await act(hass, "media_seek", seek_position=state_of(hass, ENTITY).attributes["media_duration"] - 1)
    ended = await reported("idle", reports)
    assert ended.queue_item_id is not None
    assert ended.error is None
