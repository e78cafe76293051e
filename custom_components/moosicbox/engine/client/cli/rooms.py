"""`moosicbox rooms` and `moosicbox join`."""

import asyncio
from typing import Annotated

import typer

from .context import command, connected, err, show
from .monitor import tell


@command
async def rooms() -> None:
    """List the rooms."""
    async with connected() as hub:
        found = await hub.rooms()
    show(found, "room_id", "name", "description", "participants", "max_participants", "is_public")


@command
async def join(
    room: Annotated[str, typer.Argument(help="A room's id, from `moosicbox rooms`.")],
    invite: Annotated[str | None, typer.Option(help="For a private room.")] = None,
) -> None:
    """Be in a room until Ctrl-C: see what happens there."""
    async with connected() as hub:
        events = hub.events(object)
        state = await hub.room(room).join(invite)
        err.print(f"In {state.get('name', room)}; Ctrl-C leaves")
        try:
            async for event in events:
                if getattr(event, "topic", None) == f"room:{room}":
                    tell(event)
        finally:
            await asyncio.shield(hub.room(room).leave())
