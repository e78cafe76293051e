"""The command line and the headless player as processes of their own, with a Home Assistant that may die under them."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime, timedelta
import json
from pathlib import Path
import signal
import stat
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
import pytest_socket

from script.lib.music import SONGS

from .home import Home, running_home
from .shell import PATIENCE, Shell

ENTITY = "media_player.garage"
LONG_SONG = replace(SONGS[0], title="Slow Train", step_seconds=2)
"""It doesn't end between two commands, however slow the machine is."""
SONG = f"media-source://media_source/local/{LONG_SONG.file_name}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Home]:
    """A Home Assistant that this module may kill."""
    pytest_socket.enable_socket()
    async with running_home(tmp_path_factory.mktemp("home"), [*SONGS, LONG_SONG]) as home:
        yield home
    # A wrong token is shown on purpose.
    assert [complaint for complaint in home.complaints() if "invalid authentication" not in complaint] == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell with the token of an administrator."""
    made = await home.api.ask("moosicbox.create_token", sub="desk", name="Desk", role="admin")
    return Shell(tmp_path_factory.mktemp("desk"), MOOSICBOX_URL=home.url, MOOSICBOX_TOKEN=made["token"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def garage(home: Home, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A box that was paired by a code and is a speaker now."""
    shell = Shell(tmp_path_factory.mktemp("garage"))
    entry = await home.api.set_up_integration()
    flows = "/api/config/config_entries/subentries/flow"
    flow = await home.api.post(flows, {"handler": [entry["entry_id"], "player"]})
    flow = await home.api.post(f"{flows}/{flow['flow_id']}", {"control": False})
    code = flow["description_placeholders"]["code"]
    exit_code, out, err = await shell.run("--url", home.url, "pair", code, "--name", "Garage")
    assert (exit_code, err) == (0, "")
    assert "Paired with" in out
    kept = shell.config / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["token"] not in out
    process = await shell.start("player", "--output", "null")
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "idle")
    yield process
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


async def test_a_box_with_two_commands_and_a_code_is_a_speaker(
    home: Home, desk: Shell, garage: asyncio.subprocess.Process
) -> None:
    (player,) = await desk.json("players")
    assert (player["name"], player["state"]) == ("Garage", "idle")
    assert (await desk.run("play", "garage", SONG))[0] == 0
    state = await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
    assert state["attributes"]["media_title"] == LONG_SONG.title
    assert (await desk.run("volume", "40"))[0] == 0
    assert (await desk.run("pause"))[0] == 0
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "paused")
    (item,) = await desk.json("queue", "list")
    added = await desk.json("queue", "add", SONG, SONG)
    first, second = added["queue_item_ids"]
    assert (await desk.run("queue", "move", second, "--place", "next"))[0] == 0
    assert [item["queue_item_id"] for item in await desk.json("queue", "list")] == [
        item["queue_item_id"],
        second,
        first,
    ]


async def test_words_are_looked_for_in_the_library(home: Home, desk: Shell, garage: asyncio.subprocess.Process) -> None:
    code, _, told = await desk.run("play", "garage", "copper rain")
    assert (code, told) == (0, "The Wind-Up Trio – Copper Rain\n")
    await home.api.wait_for_state(ENTITY, lambda state: state["attributes"].get("media_title") == "Copper Rain")
    # Where there is only one, it needn't be named.
    assert (await desk.run("play", "brass morning"))[0] == 0
    await home.api.wait_for_state(ENTITY, lambda state: state["attributes"].get("media_title") == "Brass Morning")
    code, _, told = await desk.run("queue", "add", "nothing like it")
    assert (code, "track_not_found" in told) == (1, True)


async def test_monitor_prints_messages(desk: Shell, garage: asyncio.subprocess.Process) -> None:
    process = await desk.start("--json", "monitor")
    assert process.stdout is not None
    told = []
    async with asyncio.timeout(PATIENCE):
        while "volume_update" not in told:
            told.append(json.loads(await process.stdout.readline())["type"])
            if told[-1] == "player_list":
                assert (await desk.run("volume", "55"))[0] == 0
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130


async def test_a_hub_that_is_killed_is_found_again(home: Home, desk: Shell, garage: asyncio.subprocess.Process) -> None:
    assert (await desk.run("play", "Garage", SONG))[0] == 0
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
    await home.crash()
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] not in ("unavailable", "unknown"), timeout=60)
    assert (await desk.run("play", "Garage", SONG))[0] == 0
    await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
    assert garage.returncode is None


async def test_exit_codes_say_what_went_wrong(home: Home, desk: Shell, tmp_path: Path) -> None:
    code, _, err = await desk.run("pause", "nobody")
    assert (code, "nobody" in err) == (1, True)
    assert (await desk.run("queue", "add", SONG, "--place", "nowhere"))[0] == 2
    assert (await desk.run("--url", "http://127.0.0.1:1", "players"))[0] == 3
    assert (await desk.run("--token", "wrong", "players"))[0] == 4
    code, _, err = await Shell(tmp_path).run("players")
    assert (code, "Add player" in err) == (4, True)
    stats = await desk.json("stats")
    assert stats["active_connections"] >= 1
    assert (await desk.json("say", "Dinner is ready"))["recipients"] >= 1


async def test_help_teaches(tmp_path: Path) -> None:
    code, out, _ = await Shell(tmp_path).run("--help")
    assert code == 0
    for word in ("pair", "players", "queue", "monitor", "player", "Exit codes"):
        assert word in " ".join(out.split())


async def test_an_alarm_rings_although_the_hub_is_killed_a_minute_before(
    home: Home, desk: Shell, garage: asyncio.subprocess.Process
) -> None:
    assert (await desk.run("pause"))[0] == 0
    config = await home.api.get("/api/config")
    zone = ZoneInfo(config["time_zone"])
    due = (datetime.now(zone) + timedelta(seconds=75)).replace(microsecond=0)
    await home.api.call(
        "moosicbox.save_alarm",
        entity_id=ENTITY,
        time=f"{due:%H:%M:%S}",
        media_content_id=[SONG],
        volume=0.3,
        fade_seconds=2,
    )
    await asyncio.sleep((due - datetime.now(zone)).total_seconds() - 60)
    await home.crash()
    state = await home.api.wait_for_state(ENTITY, lambda state: state["state"] == "playing")
    # `script/bench alarm` measures how late it rings.
    assert datetime.fromisoformat(state["last_changed"]) > due
    assert state["attributes"]["media_title"] == LONG_SONG.title
    await home.api.call("moosicbox.dismiss_alarm")
