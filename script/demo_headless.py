"""The demo without a browser: the command line pairs this machine, makes it a speaker, and lets it play."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
import os
from pathlib import Path
import shlex

from .lib.client import ApiError, HomeAssistantClient
from .lib.command_line import COMMAND_LINE, engine_path
from .lib.music import SONGS

NAME = "Garage"
SPEAKER = "media_player.garage"
SONG, *OTHERS = (f"media-source://media_source/local/{song.file_name}" for song in SONGS)

type Say = Callable[[str], None]


class Headless:
    """Pairs this machine by two commands and a code, and plays music. `output` is mpv's; `null` is silent."""

    def __init__(self, folder: Path, output: str, say: Say) -> None:
        self._environment = {
            **os.environ,
            "MOOSICBOX_CONFIG": str(folder / "box"),
            "COLUMNS": "120",
            "PYTHONPATH": engine_path(folder),
        }
        self._output = output
        self._say = say

    async def play(self, client: HomeAssistantClient) -> None:
        """Run the scene."""
        code = await self._add_player(client)
        await self._run("--url", client.url, "pair", code, "--name", NAME)
        async with self._speaker():
            await client.wait_for_state(SPEAKER, lambda state: state["state"] == "idle")
            # On a slow machine, the songs would end before they are paused.
            await client.call("media_player.repeat_set", entity_id=SPEAKER, repeat="all")
            await self._run("play", NAME, SONG)
            await client.wait_for_state(SPEAKER, lambda state: state["state"] == "playing")
            await self._run("queue", "add", *OTHERS, "--player", NAME)
            await self._run("players")
            await self._run("queue", "list", "--player", NAME)
            await self._run("pause", NAME)
            await client.wait_for_state(SPEAKER, lambda state: state["state"] == "paused")
        self._say("Done: paired by a code, played and paused from the command line.")

    async def _add_player(self, client: HomeAssistantClient) -> str:
        entry = await client.set_up_integration()
        flows = "/api/config/config_entries/subentries/flow"
        flow = await client.post(flows, {"handler": [entry["entry_id"], "player"]})
        flow = await client.post(f"{flows}/{flow['flow_id']}", {"control": True})
        code: str = flow["description_placeholders"]["code"]
        self._say(f"Home Assistant: MoosicBox, “Add player” shows the code {code}")
        return code

    async def _run(self, *arguments: str) -> None:
        self._say(f"$ moosicbox {shlex.join(arguments)}")
        process = await self._start(*arguments)
        output, _ = await process.communicate()
        for line in output.decode().splitlines():
            self._say(f"  {line}")
        if process.returncode:
            raise ApiError(f"moosicbox ended with {process.returncode}")

    @asynccontextmanager
    async def _speaker(self) -> AsyncGenerator[None]:
        arguments = ("player", "--output", self._output)
        self._say(f"$ moosicbox {shlex.join(arguments)} &")
        process = await self._start(*arguments)
        try:
            yield
        finally:
            process.terminate()
            await process.communicate()

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(*COMMAND_LINE, *arguments),
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
