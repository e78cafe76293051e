"""A hub with a room that plays, without Home Assistant. Arguments: port, control socket."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import sys
from typing import Any

from aiohttp import web

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.playback.media import Accepts, Media, StreamAddress
from custom_components.moosicbox.engine.protocol.client import ModeCommand, PlaybackCommand, QueueAdd, RoomCreate
from custom_components.moosicbox.engine.protocol.types import Track
from custom_components.moosicbox.engine.store import NoStore
from custom_components.moosicbox.engine.transport.endpoint import Endpoint
from custom_components.moosicbox.engine.transport.gateway import HubGateway

from .cluster_node import LIMITS, MANY, EveryoneIsAdmin
from .control import listen

ROOM = "benchmark"


class AnyMedia:
    """A provider that knows every track."""

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        """Return the media of an id."""
        track = Track(track_id=media_content_id, title=media_content_id, duration=180.0)
        return Media(track=track, source=f"/{media_content_id}.flac", mime_type="audio/flac")

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        """Return the media of tracks."""
        return [await self.resolve(track_id, principal) for track_id in track_ids]

    def require_fetchable(self, url: str) -> None:
        """Do nothing: every URL may be fetched."""

    def remember(self, track: Track) -> None:
        """Ignore the call: every track is known."""

    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        """Return an address that isn't fetched."""
        return StreamAddress(media.source, float(MANY * 10))


async def main(port: int, control: Path) -> None:
    """Serve until the process is ended."""
    hub = build_hub(
        version="benchmark",
        media=AnyMedia(),
        authentication=EveryoneIsAdmin(),
        store=NoStore(),
        limits=replace(LIMITS, max_players=MANY, max_players_per_user=MANY),
    )
    await hub.start()
    await hub.execute(RoomCreate(name="Benchmark", id=ROOM, max_participants=500, wait="none"))
    app = web.Application()
    app.router.add_get("/ws", Endpoint(HubGateway(hub)).serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    tasks: set[asyncio.Task[Any]] = set()

    async def skip(burst: int) -> None:
        if not len(hub.rooms.get(ROOM, hub.system).playback.queue):
            await hub.execute(QueueAdd(room_id=ROOM, track_ids=("one", "two", "three")))
            await hub.execute(ModeCommand(room_id=ROOM, repeat="all"))
            await hub.execute(PlaybackCommand(room_id=ROOM, command="play"))
        for _ in range(burst):
            await hub.execute(PlaybackCommand(room_id=ROOM, command="next"))

    def publish(burst: int, _size: int) -> None:
        task = asyncio.ensure_future(skip(burst))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    await listen(control, publish)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
