"""Principals and their permissions; the visibility of topics."""

from dataclasses import dataclass, field
from typing import Final

from ..protocol.errors import PermissionDenied, Sentence

PERMISSIONS: Final = frozenset(
    {"listen", "control", "play", "chat", "rooms", "library", "events", "broadcast", "admin"}
)
SYSTEM_WIDE: Final = frozenset({"broadcast", "events", "admin"})
"""Permissions that a token limited to rooms never has, because they apply to the whole system."""
ANONYMOUS: Final = "anonymous"
"""The subject of clients without a token."""
SPEAKERS: Final = "speakers"
"""The realm of fed speakers, whose sessions the hub opens itself: no token could expire or be revoked."""
SYSTEM: Final = "system"
"""The realm of the hub itself and of automations."""
GUEST_PREFIX: Final = "guest:"
"""The user ids of invited guests begin with this."""


def speaker_subject(player_id: str) -> str:
    """Return the subject of the session through which the hub feeds a speaker."""
    return f"speaker:{player_id}"


ROLES: Final = {
    "admin": PERMISSIONS,
    "user": PERMISSIONS - SYSTEM_WIDE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated user, guest or program."""

    sub: str
    name: str
    permissions: frozenset[str]
    credential: str
    """The id of the token that was used."""
    realm: str = "moosicbox"
    """The issuer of the credential: this hub, Home Assistant, `SPEAKERS` for fed speakers, or `SYSTEM` for the hub itself."""
    key_id: str = field(default="", compare=False)
    """The key that has verified the token."""
    rooms: frozenset[str] | None = None
    """The rooms that the token is limited to; `None`: not limited."""
    issued_at: float | None = field(default=None, compare=False)
    """Unix seconds."""
    expires_at: float | None = field(default=None, compare=False)
    """Unix seconds; `None`: valid until it is revoked."""

    def may(self, permission: str) -> bool:
        """Return whether the principal has `permission`."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise PermissionDenied unless the principal has `permission`."""
        if permission not in self.permissions:
            raise PermissionDenied(
                Sentence("permission_needed", "This needs the permission {permission!r}", permission=permission)
            )

    @property
    def is_admin(self) -> bool:
        """True if the principal may administer the hub."""
        return "admin" in self.permissions

    def require_household(self, permission: str) -> None:
        """Raise PermissionDenied unless the principal has `permission` for the household, not for certain rooms only."""
        self.require(permission)
        if self.rooms is not None:
            raise PermissionDenied(Sentence("limited_to_rooms", "The access is limited to certain rooms"))

    @property
    def is_guest(self) -> bool:
        """True if the principal was invited to a room and has no account."""
        return self.sub.startswith(GUEST_PREFIX)

    @property
    def is_person(self) -> bool:
        """True if the principal may have favourites and plays of its own; guests and automations have none."""
        return self.rooms is None and self.sub != ANONYMOUS and self.realm != SYSTEM

    @property
    def may_add_foreign_media(self) -> bool:
        """True if the principal may add media other than library tracks; guests may not."""
        return "control" in self.permissions


def topic_visible(topic: str, principal: Principal, client_id: str, player_id: str | None) -> bool:
    """Return whether `principal` may follow `topic` with this client, as far as its permissions decide."""
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
        case "players" | "presence" | "household":
            return not id_ and principal.may("listen")
        case "library":
            return not id_ and principal.may("library")
        case "player" | "progress":
            return bool(id_) and (principal.may("listen") or id_ == player_id)
    return False
