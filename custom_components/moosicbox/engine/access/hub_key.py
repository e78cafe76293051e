"""A key of the hub. It imports nothing, because the library's processes use it, too."""

import hashlib
from typing import NamedTuple


class HubKey(NamedTuple):
    """A key for tokens or addresses."""

    key: bytes
    valid_until: float | None = None
    """Unix seconds; `None`: until it is replaced."""

    @property
    def id(self) -> str:
        """Names the key without revealing it."""
        return hashlib.sha256(self.key).hexdigest()[:16]

    def is_valid(self, now: float) -> bool:
        """Return whether the key is valid at `now` (Unix seconds)."""
        return self.valid_until is None or self.valid_until > now
