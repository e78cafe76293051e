"""A Home Assistant with noise in its library, and a client with all rights."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
import tempfile
from typing import Final, NamedTuple

from custom_components.moosicbox.engine.client import MoosicBoxClient
from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port

from .music import title, write_track

TRACKS: Final = "sensor.moosicbox_tracks_in_the_library"


class MeasuredHome(NamedTuple):
    """A running Home Assistant."""

    port: int
    client: HomeAssistantClient
    hub: MoosicBoxClient
    ids: dict[str, str]
    """The tracks' ids by their titles."""

    async def address(self, name: str) -> str:
        """Return an address from which any client can fetch a track."""
        async with self.client.websocket() as websocket:
            content = f"media-source://moosicbox/track/{self.ids[name]}"
            found = await websocket.command("media_source/resolve_media", media_content_id=content)
        path: str = found["url"]
        return path


@asynccontextmanager
async def measured_home(tracks: Iterable[tuple[str, int]]) -> AsyncGenerator[MeasuredHome]:
    """Run a Home Assistant with tracks, each a kind and its seconds."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = ConfigFolder(folder / "config")
        config.write(port=(port := free_port()), log_level="warning")
        names = [title(*track) for track in tracks]
        for track in tracks:
            await write_track(config.media, *track)
        process = HomeAssistantProcess(config, port, folder / "home-assistant.log")
        stack.push_async_callback(process.stop)
        await process.start()
        client = await stack.enter_async_context(HomeAssistantClient(process.url))
        await client.log_in()
        await client.wait_until_running()
        await client.set_up_integration()
        await client.wait_for_state(TRACKS, lambda state: state["state"] == str(len(names)), timeout=60)
        made = await client.ask("moosicbox.create_token", sub="benchmark", role="admin", expires_in=86_400)
        hub = await stack.enter_async_context(MoosicBoxClient(client.url, token=made["token"]))
        found = await asyncio.gather(*(hub.search(name) for name in names))
        ids = {item["title"]: item["track_id"] for items in found for item in items if "track_id" in item}
        yield MeasuredHome(port, client, hub, ids)
