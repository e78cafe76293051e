"""A Home Assistant of the tests' own, with the integration and a little music."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
import json
from pathlib import Path
import re
import sys

from script.lib.client import PASSWORD, ApiError, HomeAssistantClient, HomeAssistantWebSocket
from script.lib.config_folder import REPOSITORY, ConfigFolder
from script.lib.music import SONGS, Song, write_songs
from script.lib.process import HomeAssistantProcess, free_port

RECORD = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)
LEVEL = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) ")
PATIENCE = 90
HUB = "HUB"
CUSTOM_INTEGRATION = "We found a custom integration moosicbox"
MORE = "tts:\n  - platform: demo\n\nradio_browser:\n"
"""A speech engine of Home Assistant's own that says the same for every message, and the tests' radio stations."""
RADIO_BROWSER = Path(__file__).with_name("radio_browser")
WRONG_INVITE = "A wrong or expired invite came from 127.0.0.1"


class Home:
    """Home Assistant's process, its API and its log; it can be restarted while pages stay open."""

    def __init__(self, folder: Path, more: str = "") -> None:
        """`more` is added to its configuration."""
        self.port = port = free_port()
        self.folder = ConfigFolder(folder / "config")
        self.folder.write(port=port, more=MORE + more)
        (self.folder.path / "custom_components" / RADIO_BROWSER.name).symlink_to(RADIO_BROWSER)
        # Served as /local, if it is there from the start.
        self.www = self.folder.path / "www"
        self.www.mkdir()
        self.process = HomeAssistantProcess(self.folder, port, folder / "home-assistant.log")
        self.url = self.process.url
        self.api = HomeAssistantClient(self.url)

    async def start(self, songs: Iterable[Song] = SONGS) -> None:
        """Start it for the first time, with the integration set up and some songs."""
        await write_songs(self.folder.media, songs)
        await self.process.start()
        await self.api.log_in()
        await self.api.wait_until_running()
        await self.api.set_up_integration()

    async def restart(self) -> None:
        """Stop it cleanly and start it again at the same address."""
        await self._wait_until_saved()
        await self.process.restart()
        await self.api.wait_until_running()

    async def _wait_until_saved(self) -> None:
        """Wait until the file of config entries has the integration and all its subentries.

        A stop cancels a delayed write of Home Assistant's that waits for a thread, and the changes are lost.
        """
        entry_id = (await self.api.set_up_integration())["entry_id"]
        async with self.api.websocket() as websocket:
            subentries = await websocket.command("config_entries/subentries/list", entry_id=entry_id)
        known = {each["subentry_id"] for each in subentries}
        file = self.folder.path / ".storage" / "core.config_entries"
        async with asyncio.timeout(PATIENCE):
            while True:
                entries = json.loads(await asyncio.to_thread(file.read_text))["data"]["entries"]
                saved = {each["entry_id"]: {sub["subentry_id"] for sub in each["subentries"]} for each in entries}
                if saved.get(entry_id) == known:
                    return
                await asyncio.sleep(0.1)

    async def crash(self) -> None:
        """Kill it, and start it again at the same address."""
        await self.process.crash()
        await self.process.start()
        await self.api.wait_until_running()

    async def stop(self) -> int:
        """Stop it and return its exit code."""
        await self.api.close()
        return await self.process.stop()

    async def add_user(self, name: str, *, admin: bool = True, language: str = "en") -> HomeAssistantClient:
        """Add a user and return its login, which the caller closes."""
        group = "system-admin" if admin else "system-users"
        async with self.api.websocket() as websocket:
            user = (await websocket.command("config/auth/create", name=name, group_ids=[group]))["user"]
            login = {"user_id": user["id"], "username": name.lower(), "password": PASSWORD}
            await websocket.command("config/auth_provider/homeassistant/create", **login)
        client = HomeAssistantClient(self.url)
        await client.log_in(name.lower(), PASSWORD)
        await client.set_language(language)
        return client

    @asynccontextmanager
    async def language(self, language: str) -> AsyncGenerator[None]:
        """Let the user see Home Assistant in a language; afterwards in British English again."""
        await self.api.set_language(language)
        try:
            yield
        finally:
            await self.api.set_language()

    async def forget_player(self, entity_id: str) -> None:
        """Remove a player: a user may have ten."""
        async with self.api.websocket() as websocket:
            entity = await websocket.command("config/entity_registry/get", entity_id=entity_id)
            await _remove_device(websocket, entity["device_id"], entity["config_entry_id"])

    async def forget_all(self) -> None:
        """Remove all players, rooms and alarms: a file's tests don't depend on the files before it."""
        async with self.api.websocket() as websocket:
            devices = await websocket.command("config/device_registry/list")
            for device in devices:
                names = {name for domain, name in device["identifiers"] if domain == "moosicbox"}
                if names and HUB not in names:
                    await _remove_device(websocket, device["id"], device["primary_config_entry"])

    def complaints(self) -> list[str]:
        """Return what its log holds against this integration: warnings and worse that name it."""
        log = self.process.log.read_text(encoding="utf-8")
        # Folders that this repository, Python and the configuration lie in may be named after the integration.
        for folder in REPOSITORY, self.folder.path, sys.base_prefix:
            log = log.replace(str(folder), "")
        return [
            record
            for record in RECORD.split(log)
            if LEVEL.match(record)
            and "moosicbox" in record
            and CUSTOM_INTEGRATION not in record
            # Tests of guests try wrong invites.
            and WRONG_INVITE not in record
        ]


@asynccontextmanager
async def running_home(folder: Path, songs: Iterable[Song] = SONGS, more: str = "") -> AsyncGenerator[Home]:
    """Start a Home Assistant with `songs` and `more` configuration in a folder; it must stop cleanly at the end."""
    home = Home(folder, more)
    try:
        await home.start(songs)
        await home.api.set_language()
        yield home
    finally:
        exit_code = await home.stop()
    assert exit_code == 0


async def _remove_device(websocket: HomeAssistantWebSocket, device_id: str, entry_id: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await websocket.command(
                    "config/device_registry/remove_config_entry", device_id=device_id, config_entry_id=entry_id
                )
            except ApiError:
                # The player is still connected.
                await asyncio.sleep(0.2)
            else:
                return
