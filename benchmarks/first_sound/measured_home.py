"""A Home Assistant with noise in its library."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.home import running_home
from custom_components.moosicbox.engine.client import MoosicBoxClient
from script.lib.client import HomeAssistantClient

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
async def measured_home(tracks: Sequence[tuple[str, int]]) -> AsyncGenerator[MeasuredHome]:
    """Run a Home Assistant with tracks, each a kind and its seconds."""

    async def write_music(folder: Path) -> None:
        for track in tracks:
            await write_track(folder, *track)

    names = [title(*track) for track in tracks]
    async with running_home(write_music, log_level="warning") as home:
        await home.client.wait_for_state(TRACKS, lambda state: state["state"] == str(len(names)), timeout=60)
        found = await asyncio.gather(*(home.hub.search(name) for name in names))
        ids = {item["title"]: item["track_id"] for items in found for item in items if "track_id" in item}
        yield MeasuredHome(home.port, home.client, home.hub, ids)
