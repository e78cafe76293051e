"""Home Assistant's storage for the hub's state and for its secrets."""

from collections.abc import Callable
import secrets
import time
from typing import Any, Final, NotRequired, TypedDict, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import orjson

from ..const import DOMAIN
from ..engine.api import Revocations, Signal, StateStore

STATE_KEY: Final = f"{DOMAIN}.state"
POSITIONS_KEY: Final = f"{DOMAIN}.positions"
SECRETS_KEY: Final = f"{DOMAIN}.secrets"
SAVE_DELAY: Final = 0.5
"""Seconds. A change is on the disk at most one second after it was acknowledged."""
MAX_RECORDS: Final = 500
"""Recorded tokens. The oldest record is dropped first; its token stays valid."""


class HomeStateStore(StateStore):
    """Stores the hub's players, rooms and queues, and in a file of their own the positions of what plays."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store: Store[Any] = Store(
            hass, 1, STATE_KEY, private=True, atomic_writes=True, serialize_in_event_loop=False
        )
        self._positions: Store[Any] = Store(hass, 1, POSITIONS_KEY, private=True, atomic_writes=True)
        self._state: Callable[[], bytes] | None = None
        self._pending = False

    @override
    async def load(self) -> dict[str, Any] | None:
        if self._state is not None:
            # An earlier hub of this process has saved; its state may not be on the disk yet.
            return cast(dict[str, Any], orjson.loads(self._state()))
        stored: dict[str, Any] | None = await self._store.async_load()
        return stored

    @override
    async def load_positions(self) -> dict[str, Any] | None:
        stored: dict[str, Any] | None = await self._positions.async_load()
        return stored

    @override
    def save_positions(self, positions: bytes) -> None:
        self._positions.async_delay_save(lambda: orjson.Fragment(positions))

    @override
    def save_soon(self, state: Callable[[], bytes]) -> None:
        self._state = state
        if not self._pending:
            # Otherwise frequent changes would postpone the save again and again.
            self._pending = True
            self._store.async_delay_save(self._serialised, SAVE_DELAY)

    def _serialised(self) -> orjson.Fragment:
        # Changes from now on need another save.
        self._pending = False
        # The state is serialised already; parsing it again would block on long queues.
        return orjson.Fragment(b"null" if self._state is None else self._state())

    async def async_remove(self) -> None:
        """Delete the stored state."""
        self._state = None
        await self._store.async_remove()
        await self._positions.async_remove()


class TokenRecord(TypedDict):
    """The record of an issued token, without the token itself. Times are Unix seconds."""

    jti: str
    sub: str
    name: str
    issued_at: float
    expires_at: float


class _StoredSecrets(TypedDict):
    key: str
    revoked_tokens: dict[str, float]
    revoked_subjects: dict[str, float]
    noted: NotRequired[list[TokenRecord]]


class SecretsStore:
    """Stores the signing key, the revocations and the records of issued tokens in a private file."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store: Store[_StoredSecrets] = Store(hass, 1, SECRETS_KEY, private=True, atomic_writes=True)
        self.key = b""
        self.revocations = Revocations()
        self.issued: list[TokenRecord] = []
        self.saved: Signal[()] = Signal()

    async def async_load(self) -> None:
        """Load the secrets; create the key at the first setup."""
        if (stored := await self._store.async_load()) is not None:
            self.key = bytes.fromhex(stored["key"])
            self.revocations = Revocations(stored["revoked_tokens"], stored["revoked_subjects"])
            self.issued = stored.get("noted", [])
        else:
            self.key = secrets.token_bytes(32)
            await self.async_save()

    async def async_record(self, record: TokenRecord) -> None:
        """Record an issued token, and drop the records of expired ones."""
        now = time.time()
        self.issued = [*(known for known in self.issued if known["expires_at"] > now), record]
        await self.async_save()

    async def async_save(self) -> None:
        """Save immediately: a revocation must not be lost."""
        await self._store.async_save(
            {
                "key": self.key.hex(),
                "revoked_tokens": self.revocations.tokens,
                "revoked_subjects": self.revocations.subjects,
                "noted": self.issued[-MAX_RECORDS:],
            }
        )
        self.saved.emit()

    async def async_remove(self) -> None:
        """Delete the stored secrets."""
        await self._store.async_remove()
