"""Invites into rooms: random codes, of which only hashes are kept, for a while and a number of uses."""

from collections import OrderedDict, deque
import hashlib
import secrets
from typing import Final

from ..access.authentication import INVITE_REFUSED
from ..protocol.errors import PermissionDenied, Unavailable
from ..protocol.types import Record, RoomRole

DEFAULT_LIFETIME: Final = 8 * 3600.0
"""Seconds that an invite is good for if nothing else is said: an evening."""
MAX_INVITES: Final = 100
"""Of one room, at a time."""
WRONG_CODES: Final = 10
"""From one address within `SHUT_OUT_US`, until it is shut out of invites for as long."""
SHUT_OUT_US: Final = 15 * 60 * 1_000_000
MAX_ADDRESSES: Final = 1_000
"""Whose wrong codes are counted."""


class Invite(Record, frozen=True, kw_only=True):
    """What a code admits to. `expires_at` in Unix seconds; `uses` left, None: any number."""

    room_id: str
    role: RoomRole
    expires_at: float
    uses: int | None = None


class Invites:
    """The invites of a hub, by the hash of their code."""

    def __init__(self) -> None:
        """None yet."""
        self.open: dict[str, Invite] = {}
        self._wrong: OrderedDict[str, deque[int]] = OrderedDict()

    def make(
        self, room_id: str, role: RoomRole, now: float, lifetime: float | None, uses: int | None
    ) -> tuple[str, Invite]:
        """A new code and what it is good for; Unavailable if the room has too many."""
        self._forget_expired(now)
        if sum(invite.room_id == room_id for invite in self.open.values()) >= MAX_INVITES:
            raise Unavailable(f"A room has at most {MAX_INVITES} invites at a time", again=False)
        code = secrets.token_urlsafe(24)
        lifetime = DEFAULT_LIFETIME if lifetime is None else lifetime
        invite = self.open[_digest(code)] = Invite(room_id=room_id, role=role, expires_at=now + lifetime, uses=uses)
        return code, invite

    def redeem(self, code: str, room_id: str | None, address: str, now: float, now_us: int) -> Invite:
        """What `code` admits to (`room_id`, if that is named); one use of it is gone. PermissionDenied if it isn't good."""
        wrong = self._wrong.setdefault(address, deque(maxlen=WRONG_CODES))
        self._wrong.move_to_end(address)
        if len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        while wrong and wrong[0] <= now_us - SHUT_OUT_US:
            wrong.popleft()
        if len(wrong) >= WRONG_CODES:
            raise PermissionDenied("Too many wrong invites came from this address; try again in a quarter of an hour")
        self._forget_expired(now)
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
        """All invites into a room are void."""
        self.open = {digest: invite for digest, invite in self.open.items() if invite.room_id != room_id}

    def _forget_expired(self, now: float) -> None:
        self.open = {digest: invite for digest, invite in self.open.items() if invite.expires_at > now}


def _digest(code: str) -> str:
    # The code is random enough that nothing slower is needed.
    return hashlib.sha256(code.encode()).hexdigest()
