"""The rights in a room, and the roles that bundle them."""

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
PLAYBACK_RIGHTS: Final[frozenset[RoomRight]] = frozenset({"playback.control", "playback.skip"})
GUEST_PERMISSIONS: Final[dict[RoomRole, frozenset[str]]] = {
    "dj": frozenset({"listen", "play", "chat", "library"}),
    "guest": frozenset({"listen", "play", "chat", "library"}),
    "listener": frozenset({"listen", "play", "chat"}),
}
"""The permissions of an invited guest's token by role; none reaches beyond the room."""


def rights_of(role: RoomRole, control: RoomControl) -> frozenset[RoomRight]:
    """Return the rights of a role in a room with this kind of control."""
    return ROLE_RIGHTS[role] | PLAYBACK_RIGHTS if role == "guest" and control == "everyone" else ROLE_RIGHTS[role]
