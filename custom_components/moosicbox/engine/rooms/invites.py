"""Invites to rooms: random codes that are valid for a time and a number of uses. Only their hashes are stored."""

from collections import OrderedDict
import hashlib
import logging
import secrets
from typing import Final

from ..access.authentication import INVITE_REFUSED
from ..access.limiter import TokenBucket
from ..protocol.errors import PermissionDenied, RateLimitExceeded, Sentence, Unavailable
from ..protocol.types import Record, RoomRole

_LOGGER = logging.getLogger(__name__)

DEFAULT_LIFETIME: Final = 8 * 3600.0
"""How long an invite is valid by default, in seconds."""
DEFAULT_USES: Final = 20
"""How often an invite can be used by default."""
MAX_INVITES: Final = 100
"""Valid invites of one room."""
USES_PER_MINUTE: Final = 10
"""Invites that one address may use in a minute; the guests of a party share the address of its router."""
USES_BURST: Final = 20
"""Invites that one address may use at once."""
WRONG_PER_MINUTE: Final = 1
"""Wrong codes of one address in a minute; later ones are refused without being logged."""
WRONG_BURST: Final = 10
"""Wrong codes of one address at once."""
MAX_ADDRESSES: Final = 1_000
"""Addresses whose codes are counted."""


class Invite(Record, frozen=True, kw_only=True):
    """The room and role that a code admits to.

    `expires_at` is a Unix time in seconds. `uses` is how often the code can still be used; `None` means any number.
    """

    room_id: str
    role: RoomRole
    expires_at: float
    uses: int | None = None


class Invites:
    """The invites of a hub, by the hash of their code."""

    def __init__(self) -> None:
        self.open: dict[str, Invite] = {}
        self._uses = _Rates(USES_PER_MINUTE, USES_BURST)
        self._wrong = _Rates(WRONG_PER_MINUTE, WRONG_BURST)

    def create(
        self, room_id: str, role: RoomRole, now: float, lifetime: float | None, uses: int | None
    ) -> tuple[str, Invite]:
        """Create an invite and return its code, too.

        Args:
            room_id: The room that it admits to.
            role: The role of guests.
            now: Unix time in seconds.
            lifetime: How long it is valid, in seconds; `None` means the default.
            uses: How often it can be used; `None` means the default.

        Raises:
            Unavailable: If the room has too many valid invites.

        """
        self._drop_expired(now)
        if sum(invite.room_id == room_id for invite in self.open.values()) >= MAX_INVITES:
            raise Unavailable(Sentence("too_many_invites", "A room has at most {most} valid invites", most=MAX_INVITES))
        code = secrets.token_urlsafe(24)
        invite = self.open[_digest(code)] = Invite(
            room_id=room_id,
            role=role,
            expires_at=now + (DEFAULT_LIFETIME if lifetime is None else lifetime),
            uses=DEFAULT_USES if uses is None else uses,
        )
        return code, invite

    def find(self, code: str, room_id: str | None, address: str, now: float, now_us: int) -> Invite:
        """Return a valid invite, without using it up.

        Wrong codes are counted and logged by address. They don't block valid codes from the same address: a code is
        too long to be guessed, and many guests may share an address.

        Args:
            code: The code of the invite.
            room_id: The room that it has to admit to; `None` means any.
            address: The client's address.
            now: Unix time in seconds.
            now_us: Hub time in microseconds.

        Raises:
            PermissionDenied: If the code is wrong or has expired.
            RateLimitExceeded: If it is wrong, and too many wrong codes came from this address.

        """
        self._drop_expired(now)
        invite = self.open.get(_digest(code))
        if invite is not None and room_id in (None, invite.room_id):
            return invite
        self._wrong.consume(address, now_us, "Too many wrong invites came from this address")
        _LOGGER.warning("A wrong or expired invite came from %s", address or "Home Assistant")
        raise PermissionDenied(INVITE_REFUSED)

    def use(self, code: str, address: str, now_us: int) -> None:
        """Use up one use of a valid invite. Raise RateLimitExceeded if too many were used from this address."""
        self._uses.consume(address, now_us, "Too many guests came from this address at once")
        digest = _digest(code)
        invite = self.open[digest]
        if invite.uses == 1:
            del self.open[digest]
        elif invite.uses is not None:
            self.open[digest] = Invite(
                room_id=invite.room_id, role=invite.role, expires_at=invite.expires_at, uses=invite.uses - 1
            )

    def revoke(self, room_id: str) -> int:
        """Revoke all invites to a room; return their number."""
        before = len(self.open)
        self.open = {digest: invite for digest, invite in self.open.items() if invite.room_id != room_id}
        return before - len(self.open)

    def _drop_expired(self, now: float) -> None:
        self.open = {digest: invite for digest, invite in self.open.items() if invite.expires_at > now}


class _Rates:
    """A rate limit for each address."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self._per_minute = per_minute
        self._burst = burst
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def consume(self, address: str, now_us: int, message: str) -> None:
        """Count one event of an address. Raise RateLimitExceeded with `message` if there were too many."""
        bucket = self._buckets.setdefault(address, TokenBucket(self._per_minute / 60, self._burst))
        self._buckets.move_to_end(address)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        if wait := bucket.consume(now_us):
            raise RateLimitExceeded(self._per_minute, wait, message)


def _digest(code: str) -> str:
    # The code is random, so that a fast hash is enough.
    return hashlib.sha256(code.encode()).hexdigest()
