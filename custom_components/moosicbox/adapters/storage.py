"""Home Assistant's storage for the hub's state and for its secrets."""

from collections.abc import Callable
import time
from typing import Any, Final, NotRequired, TypedDict, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import msgspec
import orjson

from ..const import DOMAIN
from ..engine.api import HubKeys, HubSecret, Revocations, Signal, StateStore, derive_keys, rotated

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
    """The first secret of `secrets`, as earlier versions store it."""
    secrets: NotRequired[list[dict[str, Any]]]
    revoked_tokens: dict[str, float]
    revoked_subjects: dict[str, float]
    noted: NotRequired[list[TokenRecord]]


class SecretsStore:
    """Stores the signing key, the revocations and the records of issued tokens in a private file."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store: Store[_StoredSecrets] = Store(hass, 1, SECRETS_KEY, private=True, atomic_writes=True)
        self.secrets: tuple[HubSecret, ...] = ()
        """The current secret, and earlier ones that are still valid."""
        self.revocations = Revocations()
        self.issued: list[TokenRecord] = []
        self.saved: Signal[()] = Signal()

    async def async_load(self) -> None:
        """Load the secrets; create the key at the first setup."""
        if (stored := await self._store.async_load()) is not None:
            # Tokens of earlier versions were signed with the secret itself.
            kept = stored.get("secrets") or [{"key": stored["key"], "raw": True}]
            self.secrets = msgspec.convert(tuple(kept), tuple[HubSecret, ...])
            self.revocations = Revocations(stored["revoked_tokens"], stored["revoked_subjects"])
            self.issued = stored.get("noted", [])
        else:
            self.secrets = (HubSecret.create(),)
            await self.async_save()

    @property
    def keys(self) -> HubKeys:
        """The keys that are derived from the secrets."""
        return derive_keys(self.secrets)

    @property
    def key(self) -> bytes:
        """The key that signs tokens."""
        return self.keys.tokens[0].key

    async def async_rotate(self, grace: float) -> None:
        """Replace the secret by a new one; the current one stays valid for `grace` seconds."""
        self.secrets = rotated(self.secrets, time.time(), grace)
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
                "key": self.secrets[0].key,
                "secrets": [msgspec.to_builtins(secret) for secret in self.secrets],
                "revoked_tokens": self.revocations.tokens,
                "revoked_subjects": self.revocations.subjects,
                "noted": self.issued[-MAX_RECORDS:],
            }
        )
        self.saved.emit()

    async def async_remove(self) -> None:
        """Delete the stored secrets."""
        await self._store.async_remove()
