"""All hostile files, pictures, messages, tokens and invites, thrown at a real Home Assistant."""

import asyncio
from contextlib import suppress
import json
from pathlib import Path
import random
from typing import Any, Final

from aiohttp import ClientSession
import pytest

from script.lib.sounds import Sounds
from tests.hostile_files import MANY_PARTS, compressed_frame, id3, write_huge_pictures
from tests.hostile_messages import MESSAGES, hostile, mutated, throw
from tests.wire.client import CONTROLLER, Client, Closed, player

from .home import Home

MAX_GROWTH: Final = 64 * 1_048_576
"""Bytes by which the largest memory of Home Assistant's process may exceed that before."""
VARIANTS: Final = 6
SONG: Final = "media-source://media_source/local/brass-morning.flac"


def memory(pid: int, field: str) -> int:
    """Return a field of a process's status in bytes."""
    return int(Path(f"/proc/{pid}/status").read_text("utf-8").partition(f"{field}:")[2].split()[0]) * 1024


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


@pytest.mark.timeout(1_200)
async def test_home_assistant_stays_small_and_quiet(tmp_path: Path, sounds: Sounds) -> None:
    home = Home(tmp_path)
    try:
        await home.start()
        async with ClientSession() as session:
            await throw_everything(home, session, sounds, tmp_path)
    finally:
        exit_code = await home.stop()
    assert exit_code == 0
    assert "Traceback" not in home.process.log.read_text("utf-8")


async def throw_everything(home: Home, session: ClientSession, sounds: Sounds, tmp_path: Path) -> None:
    """Do everything harmless first, so that what it loads isn't counted."""
    chance = random.Random(1)  # noqa: S311
    token = await create_token(home, "desk", role="admin")
    client = await connect(session, home)
    await client.authenticate(token, client=player("desk"))
    await client.request("queue_command", player_id="desk", action="add", media_content_id=SONG)
    await client.close()
    folder = home.folder.media
    sounds.put(folder / "harmless" / "song.mp3", title="Harmless", album="Harmless", artist="A")
    (pictures := tmp_path / "pictures").mkdir()
    huge = write_huge_pictures(pictures)
    (folder / "harmless" / "cover.jpg").write_bytes(huge[-1].read_bytes())
    await home.api.call("moosicbox.scan_library")
    await fetch_pictures(session, home, token)
    for path in MESSAGES:
        await throw_messages(home, session, path, chance, 1)

    pid = home.process.pid
    before = memory(pid, "VmRSS")
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")

    music = sounds.path("mp3").read_bytes()
    (folder / "bombs").mkdir()
    for version in 3, 4:
        for name in b"TIT2", b"APIC", b"USLT":
            file = folder / "bombs" / f"{name.decode()}-{version}.mp3"
            file.write_bytes(id3(compressed_frame(name, version), version=version) + music)
    for kind, frames in MANY_PARTS.items():
        (folder / "bombs" / f"{kind}.mp3").write_bytes(id3(*frames) + music)
    for picture in huge:
        sounds.put(folder / picture.stem / "x.mp3", title=picture.suffix, album=picture.suffix, artist="A")
        (folder / picture.stem / f"cover{picture.suffix}").write_bytes(picture.read_bytes())
    await home.api.call("moosicbox.scan_library")
    await fetch_pictures(session, home, token)
    client = await connect(session, home)
    await client.authenticate(token, client=player("desk"))
    for file in sorted((folder / "bombs").iterdir()):
        media = f"media-source://media_source/local/bombs/{file.name}"
        answer = await client.request("queue_command", player_id="desk", action="add", media_content_id=media)
        assert answer["type"] == "result" or answer["error_type"] != "internal_error", answer

    await client.close()
    for path in MESSAGES:
        await throw_messages(home, session, path, chance, VARIANTS)
    for number in range(40):
        await refused(session, home, invite=f"guess-{number}")
        if (forged := mutated(token, chance)) != token:
            await refused(session, home, token=forged)

    grown = memory(pid, "VmHWM") - before
    assert grown <= MAX_GROWTH


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
