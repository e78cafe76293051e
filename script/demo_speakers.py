"""The demo with speakers that are fed: a Sendspin player and a Snapcast client in a room with the silent speaker."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
import shutil
from typing import Final

from .lib.client import HomeAssistantClient
from .lib.process import StartError, free_port, is_free
from .lib.speaker_dialogs import add_sendspin, add_snapcast
from .lib.speakers import SilentSound

VARIABLES: Final = {"WS_SENDSPIN": "1", "WS_SNAPCAST": "1"}
"""Environment of Home Assistant that switches on both options."""
SENDSPIN_NAME: Final = "Study"
SNAPCAST_ID: Final = "demo"
ROOM: Final = "Whole house"
SNAPCAST_PORT: Final = 1704

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
        snapcast = await add_snapcast(client, entry["entry_id"])
        self._say("Home Assistant: “New speaker found”, a Snapcast client, was added")
        sendspin = await add_sendspin(client, entry["entry_id"], self._url)
        self._say(f"Home Assistant: “Add speaker” added the Sendspin player at {self._url}")
        players = [snapcast.entity_id, *others, sendspin.entity_id]
        await client.call("moosicbox.create_room", name=ROOM, entity_id=players)
        self._say(f"Home Assistant: created the room “{ROOM}” of {', '.join(players)}")
        return f"media_player.{ROOM.lower().replace(' ', '_')}"
