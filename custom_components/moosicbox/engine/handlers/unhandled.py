"""Messages of the protocol that this hub can't do yet: it knows them, so the answer is `not_supported`."""

from typing import TYPE_CHECKING

from ..protocol.client import (
    RoomChat,
    RoomClose,
    RoomCreate,
    RoomGet,
    RoomInvite,
    RoomJoin,
    RoomKick,
    RoomLeave,
    RoomList,
    RoomPause,
    RoomPlay,
    RoomSeek,
    RoomSetRole,
    RoomSkipVote,
    RoomUpdate,
)
from ..protocol.library import LibraryRequest

if TYPE_CHECKING:
    from ..hub import Hub


def register_unhandled(hub: Hub) -> None:
    """Put them into the hub's table with the permission that they will need."""
    hub.register(LibraryRequest, None, "library", "library")
    hub.register(RoomCreate, None, "rooms")
    hub.register(RoomChat, None, "chat", "chat")
    for model in (
        RoomUpdate,
        RoomClose,
        RoomJoin,
        RoomLeave,
        RoomKick,
        RoomInvite,
        RoomList,
        RoomGet,
        RoomPlay,
        RoomPause,
        RoomSeek,
        RoomSkipVote,
        RoomSetRole,
    ):
        hub.register(model, None, "listen")
