"""The demo with speakers that are fed: a Sendspin player and a Snapcast client in a room with the silent speaker."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
from typing import Final

from .lib.client import ApiError, HomeAssistantClient, Json
from .lib.process import StartError, free_port, is_free
from .lib.speakers import SilentSound

VARIABLES: Final = {"WS_SENDSPIN": "1", "WS_SNAPCAST": "1"}
"""Environment of Home Assistant that switches on both options."""
SENDSPIN_NAME: Final = "Study"
SNAPCAST_ID: Final = "demo"
ROOM: Final = "Whole house"
SNAPCAST_PORT: Final = 1704
TIMEOUT: Final = 60.0
FLOWS: Final = "/api/config/config_entries/flow"
SUBENTRY_FLOWS: Final = "/api/config/config_entries/subentries/flow"

type Say = Callable[[str], None]


def check() -> None:
    """Raise StartError if a program is missing, or the port of Snapcast is in use."""
    missing = [program for program in ("pulseaudio", "snapclient") if shutil.which(program) is None]
    if missing:
        raise StartError(f"missing: {', '.join(missing)}. Install them with: sudo apt-get install {' '.join(missing)}")
    if not is_free(SNAPCAST_PORT):
        raise StartError(f"port {SNAPCAST_PORT} is in use: stop the Snapcast server that runs here")


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[str]:
    """Run a Sendspin player and a Snapcast client; yield the player's address."""
    sound, port = SilentSound(folder), free_port()
    async with (
        sound.running(),
        sound.sendspin(SENDSPIN_NAME, port),
        sound.snapclient(SNAPCAST_ID, SNAPCAST_PORT),
    ):
        yield f"ws://127.0.0.1:{port}/sendspin"


class SpeakerScene:
    """Adds both speakers as a person would, and puts them into a room with the other players."""

    def __init__(self, url: str, say: Say) -> None:
        self._url = url
        self._say = say

    async def prepare(self, client: HomeAssistantClient, *others: str) -> str:
        """Add the speakers and create their room; return the room's entity."""
        entry = await client.set_up_integration()
        await self._add_snapcast(client)
        await self._add_sendspin(client, entry["entry_id"])
        players = [await self._player(client, entry["entry_id"], "snapcast"), *others]
        players.append(await self._player(client, entry["entry_id"], "sendspin"))
        await client.call("moosicbox.create_room", name=ROOM, entity_id=players)
        self._say(f"Home Assistant: created the room “{ROOM}” of {', '.join(players)}")
        return f"media_player.{ROOM.lower().replace(' ', '_')}"

    async def _add_snapcast(self, client: HomeAssistantClient) -> None:
        async with asyncio.timeout(TIMEOUT), client.websocket() as websocket:
            while True:
                if found := _discovered(await websocket.command("config_entries/flow/progress")):
                    break
                await asyncio.sleep(0.2)
        await _finished(client, FLOWS, await client.post(f"{FLOWS}/{found['flow_id']}", {}))
        self._say("Home Assistant: “New speaker found”, a Snapcast client, was added")

    async def _add_sendspin(self, client: HomeAssistantClient, entry_id: str) -> None:
        flow = await client.post(SUBENTRY_FLOWS, {"handler": [entry_id, "speaker"]})
        flow = await client.post(f"{SUBENTRY_FLOWS}/{flow['flow_id']}", {"address": self._url})
        await _finished(client, SUBENTRY_FLOWS, flow)
        self._say(f"Home Assistant: “Add speaker” added the Sendspin player at {self._url}")

    async def _player(self, client: HomeAssistantClient, entry_id: str, kind: str) -> str:
        async with asyncio.timeout(TIMEOUT), client.websocket() as websocket:
            while True:
                for entity in await websocket.command("config/entity_registry/list"):
                    ours = entity["config_entry_id"] == entry_id and entity["entity_id"].startswith("media_player.")
                    if ours and kind in entity["unique_id"]:
                        entity_id: str = entity["entity_id"]
                        await client.wait_for_state(entity_id, lambda state: state["state"] != "unavailable")
                        return entity_id
                await asyncio.sleep(0.2)


def _discovered(flows: list[Json]) -> Json | None:
    """Return the dialog of a speaker that has connected by itself."""
    ours = (flow for flow in flows if flow["handler"] == "moosicbox")
    return next((flow for flow in ours if flow["context"]["source"] == "integration_discovery"), None)


async def _finished(client: HomeAssistantClient, path: str, flow: Json) -> None:
    """Answer the steps of adding a speaker until it is added. Raise ApiError if it can't be."""
    async with asyncio.timeout(TIMEOUT):
        while flow["type"] != "abort":
            if flow["type"] == "menu":
                flow = await client.post(f"{path}/{flow['flow_id']}", {"next_step_id": "trust"})
            else:
                await asyncio.sleep(0.2)
                try:
                    flow = await client.get(f"{path}/{flow['flow_id']}")
                except ApiError:
                    # A dialog that has ended is gone; the entity tells whether the speaker was added.
                    return
    if flow["reason"] != "speaker_added":
        raise ApiError(f"a speaker couldn't be added: {flow['reason']}")
