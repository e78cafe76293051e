"""Who somebody is and what they may do; every decision about a right is made with these."""

from dataclasses import dataclass, field
from typing import Final

from ..protocol.errors import PermissionDenied

PERMISSIONS: Final = frozenset(
    {"listen", "control", "play", "chat", "rooms", "library", "events", "broadcast", "admin"}
)
HOUSE_WIDE: Final = frozenset({"broadcast", "events", "admin"})
"""What a token limited to rooms never may: these reach beyond every room."""
ROLES: Final = {
    "admin": PERMISSIONS,
    "user": PERMISSIONS - HOUSE_WIDE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody who was recognised. `credential` is the id of the token that they showed."""

    sub: str
    name: str
    permissions: frozenset[str]
    credential: str
    realm: str = "moosicbox"
    """Who vouches for them: this hub's tokens, or the house that it lives in."""
    rooms: frozenset[str] | None = None
    """The only rooms that this token may see; None: no such limit."""
    issued_at: float | None = field(default=None, compare=False)
    """Unix seconds."""
    expires_at: float | None = field(default=None, compare=False)
    """Unix seconds; None: ends only by revocation."""

    def may(self, permission: str) -> bool:
        """Whether they have `permission`."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """PermissionDenied unless they have `permission`."""
        if permission not in self.permissions:
            raise PermissionDenied(f"This needs the permission {permission!r}")

    @property
    def is_admin(self) -> bool:
        """Whether they may administrate the hub."""
        return "admin" in self.permissions

    @property
    def may_add_foreign_media(self) -> bool:
        """Guests add library tracks only: no URLs, no media sources."""
        return "control" in self.permissions


def topic_visible(topic: str, principal: Principal, client_id: str, player_id: str | None) -> bool:
    """Whether `principal`, on this client, may hear `topic`."""
    kind, _, id_ = topic.partition(":")
    match kind:
        case "user":
            return id_ == principal.sub
        case "client":
            return id_ == client_id
        case "play":
            return id_ == player_id
        case "rooms":
            return not id_ and principal.may("listen")
        case "room":
            return bool(id_) and principal.may("listen") and (principal.rooms is None or id_ in principal.rooms)
    if principal.rooms is not None:
        return False
    match kind:
        case "all":
            return not id_
        case "permission":
            return principal.may(id_)
        case "players" | "presence":
            return not id_ and principal.may("listen")
        case "library":
            return not id_ and principal.may("library")
        case "player" | "progress":
            return bool(id_) and (principal.may("listen") or id_ == player_id)
    return False
