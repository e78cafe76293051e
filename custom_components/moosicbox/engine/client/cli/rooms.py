"""`moosicbox rooms`, `join` and `leave`."""

import asyncio
from typing import Annotated

import typer

from .context import command, connect, err, find_player, show
from .monitor import print_event


@command
async def rooms() -> None:
    """List the rooms."""
    async with connect() as hub:
        found = await hub.rooms()
    show(found, "room_id", "name", "description", "participants", "max_participants", "is_public", none="No rooms yet")


@command
async def join(
    room: Annotated[str, typer.Argument(help="A room's id, from `moosicbox rooms`.")],
    player: Annotated[str | None, typer.Option("--player", "-p", help="Let this player join, and return.")] = None,
    invite: Annotated[str | None, typer.Option(help="A code for a private room.")] = None,
) -> None:
    """Join a room until Ctrl-C and print its events, or let a player join it."""
    async with connect() as hub:
        if player is not None:
            await hub.room(room).join(invite, player_id=find_player(hub, player))
            return
        events = hub.events(object)
        state = await hub.room(room).join(invite)
        err.print(f"Joined {state.name}; Ctrl-C leaves")
        try:
            async for event in events:
                if getattr(event, "topic", None) == f"room:{room}":
                    print_event(event)
        finally:
            await asyncio.shield(hub.room(room).leave())


@command
async def leave(
    room: Annotated[str, typer.Argument(help="A room's id.")],
    player: Annotated[str, typer.Option("--player", "-p", help="The player's id or name.")],
) -> None:
    """Take a player out of a room."""
    async with connect() as hub:
        await hub.room(room).leave(player_id=find_player(hub, player))
