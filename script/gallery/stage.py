"""The Home Assistant of the pictures: first empty, then with music, rooms and participants."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import tempfile
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import Browser

from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port

from .members import Member
from .music import write_collection

PARTY = "garden-party"
WIDE = "wide-names"
PEOPLE = (
    ("lena", "Lena", "Kitchen tablet", 1.2),
    ("tom", "Tom Abernathy", "Tom's phone", -6.4),
    ("aylin", "Aylin", "Balcony speaker", 22.0),
)
TALK = (
    (0, "Anybody want something slower next?"),
    (1, "Yes please. Low Tide?"),
    (2, "Voted. The balcony hears you all."),
)
QUEUE = (
    "Harbour Lights",
    "Night Bus Home",
    "Velvet Hours",
    "Slow Rivers",
    "Solsticio",
    "Copper Rain",
    "Idle",
    "First Frost",
    "Signals",
    "Hedgerow",
    "April",
    "Second Cup",
    "Rain on the Upper Deck",
    "Sarabande",
    "Drift",
)


class Stage:
    """The Home Assistant that all pictures are taken of."""

    def __init__(self, client: HomeAssistantClient, media: Path) -> None:
        self.client = client
        self.url = client.url
        self._media = media
        self._members: list[Member] = []
        self.invite = ""

    async def furnish(self, browser: Browser, http: ClientSession) -> None:
        """Add music, rooms, participants and a dashboard."""
        await write_collection(browser, self._media)
        await self.client.call("moosicbox.scan_library")
        await self._until_scanned()
        await self._make_rooms(http)
        await self._make_dashboard()
        await self._mark_favourites()

    async def leave(self) -> None:
        """End all connections of the players."""
        for member in self._members:
            await member.leave()

    async def _track(self, title: str) -> str:
        found = await self.client.ask("moosicbox.search_library", query=title, limit=5)
        track_id: str = next(
            item["track_id"] for item in found["items"] if item.get("title") == title and "track_id" in item
        )
        return track_id

    async def _until_scanned(self) -> None:
        async with asyncio.timeout(120):
            while not (await self.client.ask("moosicbox.search_library", query="דרך ארוכה הביתה"))["items"]:  # noqa: ASYNC110 - nothing tells of the end of a scan here
                await asyncio.sleep(0.5)

    async def _make_rooms(self, http: ClientSession) -> None:
        ask, call = self.client.ask, self.client.call
        await call(
            "moosicbox.create_room",
            id=PARTY,
            name="Garden party",
            description="Saturday, until the neighbours knock",
            control="votes",
        )
        await call("moosicbox.create_room", id="kitchen", name="Kitchen", control="everyone")
        await call(
            "moosicbox.create_room", id="reading", name="Reading room", description="Quiet music only", is_public=False
        )
        await call(
            "moosicbox.create_room",
            id=WIDE,
            name="Everybody who can't sleep on Sundays and would rather listen to something together",
            description="A description that goes on for a while, because somebody had a lot to say about who should come and what is going to be played here",
            control="everyone",
        )
        for sub, name, player, error in PEOPLE:
            token = (await ask("moosicbox.create_token", sub=sub, name=name, role="user"))["token"]
            self._members.append(member := Member(token, sub, player, error))
            await member.connect(http)
            await member.do("room_command", action="join", room_id=PARTY)
        for number, title in enumerate(QUEUE):
            member = self._members[number % len(self._members)]
            await member.do("queue_command", action="add", room_id=PARTY, track_id=await self._track(title))
        await call("media_player.media_play", entity_id=await self.entity(PARTY))
        for who, text in TALK:
            await self._members[who].do("room_chat", room_id=PARTY, message=text)
        for title in ("Symphonic Prelude", "אור ראשון"):
            found = (await ask("moosicbox.search_library", query=title))["items"]
            ids = [item["track_id"] for item in found if "track_id" in item]
            await call("moosicbox.queue_add", entity_id=await self.entity(WIDE), track_ids=ids[:2])
        self.invite = (await ask("moosicbox.invite", room_id=PARTY))["url"]

    async def entity(self, room_id: str) -> str:
        """Return the entity of a room."""
        async with self.client.websocket() as websocket:
            entities: list[dict[str, Any]] = await websocket.command("config/entity_registry/list")
        found: str = next(
            one["entity_id"]
            for one in entities
            if one["unique_id"].endswith(room_id) and one["entity_id"].startswith("media_player.")
        )
        return found

    async def _make_dashboard(self) -> None:
        party = await self.entity(PARTY)
        views = [
            {
                "title": "Home",
                "cards": [
                    {"type": "custom:moosicbox-card", "entity": party, "show_queue": True},
                    {"type": "custom:moosicbox-card", "entity": party},
                    {"type": "custom:moosicbox-card", "entity": await self.entity("kitchen")},
                    {"type": "custom:moosicbox-card", "entity": "media_player.gone"},
                ],
            }
        ]
        async with self.client.websocket() as websocket:
            await websocket.command("lovelace/dashboards/create", url_path="music-wall", title="Music")
            await websocket.command("lovelace/config/save", url_path="music-wall", config={"views": views})

    async def _mark_favourites(self) -> None:
        for title in ("Harbour Lights", "Velvet Hours"):
            track_id = await self._track(title)
            await self._members[0].do("library_request", request_type="set_favourite", id=track_id, favourite=True)


@asynccontextmanager
async def stage() -> AsyncGenerator[Stage]:
    """Run a Home Assistant in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="moosicbox-pictures-") as folder:
        port = free_port()
        config = ConfigFolder(Path(folder) / "config")
        config.write(port=port, log_level="warning")
        process = HomeAssistantProcess(config, port, Path(folder) / "home-assistant.log")
        try:
            await process.start()
            async with HomeAssistantClient(process.url) as client:
                await client.log_in()
                await client.wait_until_running()
                await client.set_up_integration()
                yield Stage(client, config.media)
        finally:
            await process.stop()
