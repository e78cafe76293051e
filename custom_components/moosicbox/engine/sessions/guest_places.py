"""Bounds for all invited guests together, which reserve connections and players for the household's own clients."""

from collections.abc import Collection
from typing import Final

from ..limits import Limits
from ..protocol.client import ClientInfo
from ..protocol.errors import Unavailable
from .session import Session

SHARE: Final = 2
"""All guests together take at most 1/SHARE of the hub's connections and players."""


def require_guest_place(
    sessions: Collection[Session], rooms: frozenset[str] | None, client: ClientInfo, limits: Limits
) -> None:
    """Raise Unavailable if there is no place for another guest.

    Args:
        sessions: All sessions.
        rooms: The rooms that the guest's token is limited to.
        client: The guest's client.
        limits: The limits in force.

    """
    guests = [session for session in sessions if session.principal.is_guest]
    connected = [session for session in guests if session.connection is not None]
    of_room = sum(session.principal.rooms == rooms for session in connected)
    if len(connected) >= limits.max_connections // SHARE or of_room >= limits.max_guests_per_room:
        raise Unavailable("The guests' places are taken")
    if client.kind != "player" or client.player_id is None:
        return
    players = {session.player_id: session.principal.rooms for session in guests if session.player_id is not None}
    players.pop(client.player_id, None)
    of_room = sum(their_rooms == rooms for their_rooms in players.values())
    if len(players) >= limits.max_players // SHARE or of_room >= limits.max_guest_players_per_room:
        raise Unavailable("The guests' players are taken")
