"""The pictures of tracks on speakers with a display."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from io import BytesIO
from typing import Any, Final

from aiosendspin.server.client import SendspinClient
from aiosendspin.server.roles.artwork import ArtworkGroupRole
from PIL import Image

EDGE: Final = 800
"""The longer edge in pixels of the requested pictures; the library fits them to each display."""

type FindPicture = Callable[[str], Awaitable[bytes | None]]
"""Returns the picture of a track as a JPEG that this process has made itself, at most `EDGE` pixels long."""
type Spawn = Callable[[Coroutine[Any, Any, object]], None]


class SpeakerArtwork:
    """The picture that one speaker shows."""

    def __init__(self, client: SendspinClient, find: FindPicture, spawn: Spawn) -> None:
        """Create the picture of a speaker, which shows none yet.

        Args:
            client: The speaker.
            find: Finds pictures.
            spawn: Runs a coroutine in the background.
        """
        self._client = client
        self._find = find
        self._spawn = spawn
        self._track_id: str | None = None

    def show(self, track_id: str | None, at_us: int) -> None:
        """Show the picture of a track from a hub time on; `None` shows no picture."""
        if track_id != self._track_id:
            self._track_id = track_id
            role = self._client.group.group_role("artwork")
            if isinstance(role, ArtworkGroupRole) and any(
                active.role_family == "artwork" for active in self._client.active_roles
            ):
                self._spawn(self._show(role, track_id, at_us))

    async def _show(self, role: ArtworkGroupRole, track_id: str | None, at_us: int) -> None:
        data = None if track_id is None else await self._find(track_id)
        image = None if data is None else await asyncio.get_running_loop().run_in_executor(None, _decoded, data)
        if track_id == self._track_id:
            await role.set_album_artwork(image, timestamp_us=at_us)


def _decoded(data: bytes) -> Image.Image | None:
    try:
        image = Image.open(BytesIO(data), formats=("JPEG",))
        image.load()
    except OSError, ValueError, Image.DecompressionBombError:
        return None
    return image
