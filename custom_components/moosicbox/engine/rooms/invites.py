"""Invites to rooms: random codes that are valid for a time and a number of uses. Only their hashes are stored."""

from collections import OrderedDict, deque
import hashlib
import secrets
from typing import Final

from ..access.authentication import INVITE_REFUSED
from ..protocol.errors import PermissionDenied, Unavailable
from ..protocol.types import Record, RoomRole

DEFAULT_LIFETIME: Final = 8 * 3600.0
"""How long an invite is valid by default, in seconds."""
MAX_INVITES: Final = 100
"""Valid invites of one room."""
MAX_WRONG_CODES: Final = 10
"""Wrong codes from one address within `LOCKOUT_US`, after which it is locked out for as long."""
LOCKOUT_US: Final = 15 * 60 * 1_000_000
MAX_ADDRESSES: Final = 1_000
"""Addresses whose wrong codes are counted."""


class Invite(Record, frozen=True, kw_only=True):
    """The room and role that a code admits to. `expires_at` is a Unix time in seconds; `uses` are left, `None` means any number."""

    room_id: str
    role: RoomRole
    expires_at: float
    uses: int | None = None


class Invites:
    """The invites of a hub, by the hash of their code."""

    def __init__(self) -> None:
        self.open: dict[str, Invite] = {}
        self._wrong: OrderedDict[str, deque[int]] = OrderedDict()

    def create(
        self, room_id: str, role: RoomRole, now: float, lifetime: float | None, uses: int | None
    ) -> tuple[str, Invite]:
        """Create an invite and return its code, too.

        Args:
            room_id: The room that it admits to.
            role: The role of guests.
            now: Unix time in seconds.
            lifetime: How long it is valid, in seconds; `None` means the default.
            uses: How often it can be used; `None` means any number.

        Raises:
            Unavailable: If the room has too many valid invites.

        """
        self._drop_expired(now)
        if sum(invite.room_id == room_id for invite in self.open.values()) >= MAX_INVITES:
            raise Unavailable(f"A room has at most {MAX_INVITES} valid invites")
        code = secrets.token_urlsafe(24)
        lifetime = DEFAULT_LIFETIME if lifetime is None else lifetime
        invite = self.open[_digest(code)] = Invite(room_id=room_id, role=role, expires_at=now + lifetime, uses=uses)
        return code, invite

    def redeem(self, code: str, room_id: str | None, address: str, now: float, now_us: int) -> Invite:
        """Use up one use of an invite.

        Args:
            code: The code of the invite.
            room_id: The room that it has to admit to; `None` means any.
            address: The client's address, which is locked out after too many wrong codes.
            now: Unix time in seconds.
            now_us: Hub time in microseconds.

        Raises:
            PermissionDenied: If the code is wrong or has expired, or the address is locked out.

        """
        wrong = self._wrong.setdefault(address, deque(maxlen=MAX_WRONG_CODES))
        self._wrong.move_to_end(address)
        if len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        while wrong and wrong[0] <= now_us - LOCKOUT_US:
            wrong.popleft()
        if len(wrong) >= MAX_WRONG_CODES:
            raise PermissionDenied("Too many wrong codes came from this address; try again in 15 minutes")
        self._drop_expired(now)
        digest = _digest(code)
        invite = self.open.get(digest)
        if invite is None or room_id not in (None, invite.room_id):
            wrong.append(now_us)
            raise PermissionDenied(INVITE_REFUSED)
        if invite.uses == 1:
            del self.open[digest]
        elif invite.uses is not None:
            self.open[digest] = Invite(
                room_id=invite.room_id, role=invite.role, expires_at=invite.expires_at, uses=invite.uses - 1
            )
        return invite

    def revoke(self, room_id: str) -> None:
        """Revoke all invites to a room."""
        self.open = {digest: invite for digest, invite in self.open.items() if invite.room_id != room_id}

    def _drop_expired(self, now: float) -> None:
        self.open = {digest: invite for digest, invite in self.open.items() if invite.expires_at > now}


def _digest(code: str) -> str:
    # The code is random, so that a fast hash is enough.
    return hashlib.sha256(code.encode()).hexdigest()
