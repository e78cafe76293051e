"""What one may do in a room: roles as bundles of rights."""

from typing import Final, Literal

from ..protocol.types import RoomControl, RoomRole

type RoomRight = Literal[
    "queue.add",
    "queue.move_own",
    "queue.move_any",
    "playback.control",
    "playback.skip",
    "volume",
    "member.kick",
    "chat",
]

ALL_RIGHTS: Final[frozenset[RoomRight]] = frozenset(
    {
        "queue.add",
        "queue.move_own",
        "queue.move_any",
        "playback.control",
        "playback.skip",
        "volume",
        "member.kick",
        "chat",
    }
)
ROLE_RIGHTS: Final[dict[RoomRole, frozenset[RoomRight]]] = {
    "host": ALL_RIGHTS,
    "dj": ALL_RIGHTS - {"member.kick"},
    "guest": frozenset({"queue.add", "queue.move_own", "chat"}),
    "listener": frozenset({"chat"}),
}
PLAYBACK: Final[frozenset[RoomRight]] = frozenset({"playback.control", "playback.skip"})
GUEST_PERMISSIONS: Final[dict[RoomRole, frozenset[str]]] = {
    "dj": frozenset({"listen", "play", "chat", "library"}),
    "guest": frozenset({"listen", "play", "chat", "library"}),
    "listener": frozenset({"listen", "play", "chat"}),
}
"""What an invited guest's token allows, by role: never what reaches beyond the room."""


def rights_of(role: RoomRole, control: RoomControl) -> frozenset[RoomRight]:
    """The rights of a role in a room that is controlled so."""
    return ROLE_RIGHTS[role] | PLAYBACK if role == "guest" and control == "everyone" else ROLE_RIGHTS[role]
