"""A party in a real Home Assistant that is restarted, and killed, in the middle of it."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.wire.client import Client

from .conftest import Connect
from .home import Home


async def do(client: Client, type_: str, **fields: Any) -> Any:
    """The data of an answer that must be a result."""
    answer = await client.request(type_, **fields)
    assert answer["type"] == "result", answer
    return answer["data"]


async def begin(home: Home, connect: Connect, room_id: str) -> tuple[Client, Client, list[str]]:
    """Two players in a room, where a song plays and others wait."""
    ada, ben = await connect("ada"), await connect("ben")
    await do(ada, "room_command", action="create", name="Party", id=room_id)
    await do(ben, "room_command", action="join", room_id=room_id)
    songs = sorted(path.name for path in home.folder.media.iterdir() if path.suffix in (".flac", ".mp3", ".ogg"))
    ids: list[str] = []
    for song in songs:
        media = f"media-source://media_source/local/{song}"
        ids += (await do(ada, "queue_command", action="add", media_content_id=media))["queue_item_ids"]
    await do(ada, "room_command", action="play", room_id=room_id)
    for client in ada, ben:
        await do(client, "player_report", state="buffering", position_seconds=0, at_us=0, ready_item_id=ids[0])
        await client.until("synchronized_playback", command="play", queue_item_id=ids[0])
    return ada, ben, ids


async def goes_on(connect: Connect, room_id: str, ids: list[str]) -> None:
    """Both come back by themselves, the queue is there, and the music plays for both at one time."""
    ada, ben = await connect("ada"), await connect("ben")
    first = await ada.until("synchronized_playback", command="play")
    second = await ben.until("synchronized_playback", command="play")
    assert first["room_id"] == second["room_id"] == room_id
    assert first["sync_time_us"] == second["sync_time_us"]
    state = await do(ben, "room_command", action="get", room_id=room_id)
    assert [item["queue_item_id"] for item in state["queue"]["items"]] == ids
    assert {member["user_id"] for member in state["participants"]} == {"ada", "ben"}
    assert (state["host_user_id"], state["playback"]["state"]) == ("ada", "playing")
    await do(ada, "room_command", action="close", room_id=room_id)


async def wait_until_stored(home: Home, room_id: str) -> None:
    """Wait until Home Assistant has stored that a room plays."""
    path = home.folder.path / ".storage" / "moosicbox.state"
    async with asyncio.timeout(60):
        while not path.exists() or room_id not in playing_rooms(path):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def playing_rooms(path: Path) -> set[str]:
    """Return the ids of the rooms that play by a stored state."""
    rooms = json.loads(path.read_text(encoding="utf-8"))["data"]["rooms"]
    return {room["room_id"] for room in rooms if room["playback"]["playing_at"] is not None}


async def test_restart_in_the_middle(home: Home, connect: Connect) -> None:
    _, _, ids = await begin(home, connect, "restart")
    await home.restart()
    await goes_on(connect, "restart", ids)


async def test_killed_in_the_middle(home: Home, connect: Connect) -> None:
    _, _, ids = await begin(home, connect, "killed")
    await wait_until_stored(home, "killed")
    await home.crash()
    await goes_on(connect, "killed", ids)
