"""Hostile files, pictures, messages, tokens and invites for a real Home Assistant."""

import asyncio
from contextlib import suppress
import json
from pathlib import Path
import random
from typing import Any, Final

from aiohttp import ClientSession

from script.lib.sounds import Sounds
from tests.hostile_files import MANY_PARTS, compressed_frame, id3, write_huge_pictures
from tests.hostile_messages import MESSAGES, hostile, mutated, throw
from tests.wire.client import CONTROLLER, Client, Closed, player

from .home import Home

VARIANTS: Final = 6
SONG: Final = "media-source://media_source/local/brass-morning.flac"


class HostileCorpus:
    """Throws hostile data at a Home Assistant.

    Args:
        home: The Home Assistant, started.
        session: For connections and pictures.
        sounds: Music whose tags are made hostile.
        folder: For the pictures before they lie in the media folder.
    """

    def __init__(self, home: Home, session: ClientSession, sounds: Sounds, folder: Path) -> None:
        self._home = home
        self._session = session
        self._sounds = sounds
        self._pictures = folder / "pictures"
        self._chance = random.Random(1)  # noqa: S311
        self._token = ""

    async def warm_up(self) -> None:
        """Do everything harmless, so that what it loads isn't counted."""
        home = self._home
        self._token = token = await create_token(home, "desk", role="admin")
        client = await connect(self._session, home)
        await client.authenticate(token, client=player("desk"))
        await client.request("queue_command", player_id="desk", action="add", media_content_id=SONG)
        await client.close()
        folder = home.folder.media
        self._sounds.put(folder / "harmless" / "song.mp3", title="Harmless", album="Harmless", artist="A")
        self._pictures.mkdir()
        self._huge = write_huge_pictures(self._pictures)
        (folder / "harmless" / "cover.jpg").write_bytes(self._huge[-1].read_bytes())
        await home.api.call("moosicbox.scan_library")
        await fetch_pictures(self._session, home, token)
        await self._throw_messages(1)

    async def throw(self) -> None:
        """Throw everything, and check that each answer is a named error or a result."""
        await self._throw_files()
        await self._throw_messages(VARIANTS)
        for number in range(40):
            await refused(self._session, self._home, invite=f"guess-{number}")
            if (forged := mutated(self._token, self._chance)) != self._token:
                await refused(self._session, self._home, token=forged)

    async def _throw_files(self) -> None:
        home, folder = self._home, self._home.folder.media
        music = self._sounds.path("mp3").read_bytes()
        (folder / "bombs").mkdir()
        for version in 3, 4:
            for name in b"TIT2", b"APIC", b"USLT":
                file = folder / "bombs" / f"{name.decode()}-{version}.mp3"
                file.write_bytes(id3(compressed_frame(name, version), version=version) + music)
        for kind, frames in MANY_PARTS.items():
            (folder / "bombs" / f"{kind}.mp3").write_bytes(id3(*frames) + music)
        for picture in self._huge:
            self._sounds.put(folder / picture.stem / "x.mp3", title=picture.suffix, album=picture.suffix, artist="A")
            (folder / picture.stem / f"cover{picture.suffix}").write_bytes(picture.read_bytes())
        await home.api.call("moosicbox.scan_library")
        await fetch_pictures(self._session, home, self._token)
        client = await connect(self._session, home)
        await client.authenticate(self._token, client=player("desk"))
        for file in sorted((folder / "bombs").iterdir()):
            media = f"media-source://media_source/local/bombs/{file.name}"
            answer = await client.request("queue_command", player_id="desk", action="add", media_content_id=media)
            assert answer["type"] == "result" or answer["error_type"] != "internal_error", answer
        await client.close()

    async def _throw_messages(self, variants: int) -> None:
        for path in MESSAGES:
            await throw_messages(self._home, self._session, path, self._chance, variants)


async def connect(session: ClientSession, home: Home) -> Client:
    """Connect; a client that isn't read for long is disconnected, so each step has its own."""
    client = Client(await session.ws_connect(f"{home.url}/api/moosicbox/ws"))
    client.hello = await client.receive()
    return client


async def create_token(home: Home, sub: str, **fields: Any) -> str:
    made = await home.api.ask("moosicbox.create_token", sub=sub, **fields)
    return str(made["token"])


async def fetch_pictures(session: ClientSession, home: Home, token: str) -> None:
    """Ask for the pictures of all albums at once."""
    client = await connect(session, home)
    await client.authenticate(token)
    answer = await client.request("library_request", request_type="get_albums")
    assert answer["type"] == "result", answer
    albums = answer["data"]["items"]
    addresses = [album["artwork_url"] for album in albums if album.get("artwork_url")]
    assert addresses
    await client.close()

    async def fetch(address: str) -> None:
        async with session.get(f"{home.url}{address}?size=64") as response:
            assert response.status in (200, 404, 503), response.status
            await response.read()

    await asyncio.gather(*(fetch(address) for address in addresses))


async def refused(session: ClientSession, home: Home, **fields: Any) -> None:
    """Check that the hub refuses `authenticate` with these fields, by a named error."""
    client = await connect(session, home)
    await client.send("authenticate", client=CONTROLLER, **fields)
    answer = await client.receive()
    assert answer["error_type"] in ("authentication_failed", "invalid_message", "rate_limit_exceeded"), answer
    await client.close()


async def throw_messages(home: Home, session: ClientSession, path: Path, chance: random.Random, variants: int) -> None:
    """Throw hostile variants of a message at the hub, as an administrator of its own."""
    message = {"request_id": "hostile", **json.loads(path.read_text("utf-8"))}
    token = await create_token(home, f"hostile-{path.stem}"[:60], role="admin")
    if "token" in message:
        message["token"] = token
    begins = message["type"] == "authenticate"
    client: Client | None = None
    for number in range(variants):
        if client is None:
            client = await connect(session, home)
            if not begins:
                with suppress(Closed):
                    await client.authenticate(token)
        code = await throw(client, json.dumps(hostile(message, chance)), f"alive-{number}")
        assert code is None or 4000 <= code < 5000, (path, code)
        if begins or code is not None:
            await client.close()
            client = None
    if client is not None:
        await client.close()
