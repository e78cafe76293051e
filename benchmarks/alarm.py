"""An alarm of a headless player, with Home Assistant killed a minute before it is due: how late it rings."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
import tempfile
from typing import Final
from zoneinfo import ZoneInfo

from tests.e2e.home import Home, running_home
from tests.e2e.shell import Shell

from .options import Options
from .report import Row, median

ENTITY: Final = "media_player.bedside"
SONG: Final = "media-source://media_source/local/brass-morning.flac"
KILLED_SECONDS: Final = 60
"""The time from the kill of Home Assistant to the alarm."""
NIGHTS: Final = 3


async def measure(_options: Options) -> list[Row]:
    """Measure the delay of some alarms, each after a kill of its own."""
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        async with running_home(folder) as home:
            made = await home.api.ask("moosicbox.create_token", sub="bedside", name="Bedside", role="admin")
            shell = Shell(folder / "bedside", MOOSICBOX_URL=home.url, MOOSICBOX_TOKEN=made["token"])
            player = await shell.start("player", "--name", "Bedside", "--output", "null")
            await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "idle")
            late = [await _night(home) for _ in range(NIGHTS)]
            player.terminate()
            await player.communicate()
    return [
        Row("delay of the alarm, median", median(late), "s"),
        Row("delay of the alarm, the longest", max(late), "s", "≤ 1"),
    ]


async def _night(home: Home) -> float:
    config = await home.api.get("/api/config")
    zone = ZoneInfo(config["time_zone"])
    due = (datetime.now(zone) + timedelta(seconds=KILLED_SECONDS + 10)).replace(microsecond=0)
    await home.api.call(
        "moosicbox.save_alarm", entity_id=ENTITY, time=f"{due:%H:%M:%S}", media_content_id=[SONG], volume=0.3
    )
    await asyncio.sleep((due - datetime.now(zone)).total_seconds() - KILLED_SECONDS)
    await home.crash()
    state = await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
    began = datetime.fromisoformat(state["attributes"]["media_position_updated_at"])
    await home.api.call("moosicbox.dismiss_alarm")
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] != "playing")
    return (began - due).total_seconds() - float(state["attributes"]["media_position"])
