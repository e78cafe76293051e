"""Home Assistant's storage for the hub's state, for its secrets, and for those of Sendspin."""

from collections.abc import Callable
import threading
import time
from typing import Any, Final, NotRequired, TypedDict, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers.storage import Store
from homeassistant.util.async_ import run_callback_threadsafe
import msgspec
import orjson

from ..const import DOMAIN
from ..engine.api import Capture, HubKeys, HubSecret, Revocations, Signal, StateStore, derive_keys, rotated

STATE_KEY: Final = f"{DOMAIN}.state"
POSITIONS_KEY: Final = f"{DOMAIN}.positions"
SECRETS_KEY: Final = f"{DOMAIN}.secrets"
SENDSPIN_KEY: Final = f"{DOMAIN}.sendspin"
SAVE_DELAY: Final = 0.5
"""Seconds. A change is on the disk at most one second after it was acknowledged."""
SUFFIXES: Final = ("", "-2", "-3")
"""Endings of the copies' names. The last copy is overwritten, the first ones are not."""
MAX_RECORDS: Final = 500
"""Recorded tokens. The oldest record is dropped first; its token stays valid."""


class PrivateStore(Store[Any]):
    """A private file of Home Assistant's storage, and beside it copies of contents that couldn't be used."""

    def __init__(self, hass: HomeAssistant, key: str, *, serialize_in_event_loop: bool = True) -> None:
        super().__init__(
            hass, 1, key, private=True, atomic_writes=True, serialize_in_event_loop=serialize_in_event_loop
        )
        self._copies: list[Store[Any]] = [
            Store(hass, 1, f"{key}.damaged{suffix}", private=True, atomic_writes=True) for suffix in SUFFIXES
        ]

    async def async_set_aside(self, stored: dict[str, Any]) -> str:
        """Keep a content that the next save would overwrite, and return the path of its copy.

        Raises:
            ConfigEntryNotReady: The copy can't be written, as on a full disk.
        """
        for copy in self._copies:
            if await copy.async_load() is None:
                break
        await copy.async_save(stored)
        # Home Assistant only logs that a file can't be written.
        if await copy.async_load() != stored:
            raise ConfigEntryNotReady(f"{copy.path} can't be written")
        return str(copy.path)

    @override
    async def async_remove(self) -> None:
        """Delete the file and the copies."""
        await super().async_remove()
        for copy in self._copies:
            await copy.async_remove()


class HomeStateStore(StateStore):
    """Stores the hub's players, rooms and queues, and in a file of their own the positions of what plays."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._store = PrivateStore(hass, STATE_KEY, serialize_in_event_loop=False)
        self._positions: Store[Any] = Store(hass, 1, POSITIONS_KEY, private=True, atomic_writes=True)
        self._hass = hass
        self._capture: Capture | None = None
        self._pending = False

    @override
    async def load(self) -> dict[str, Any] | None:
        if self._capture is not None:
            # An earlier hub of this process has saved; its state may not be on the disk yet.
            return cast(dict[str, Any], orjson.loads(self._capture()()))
        stored: dict[str, Any] | None = await self._store.async_load()
        return stored

    @override
    async def load_positions(self) -> dict[str, Any] | None:
        stored: dict[str, Any] | None = await self._positions.async_load()
        return stored

    @override
    async def set_aside(self, stored: dict[str, Any]) -> str:
        return await self._store.async_set_aside(stored)

    @override
    def save_positions(self, positions: bytes) -> None:
        self._positions.async_delay_save(lambda: orjson.Fragment(positions))

    @override
    def save_soon(self, capture: Capture) -> None:
        self._capture = capture
        # A save that waits isn't scheduled anew: frequent changes would postpone it again and again. But when Home Assistant
        # stops, it cancels a save that waits for a thread. One that is requested from then on is made at the end of the stop.
        if not self._pending or self._hass.is_stopping:
            self._pending = True
            self._store.async_delay_save(self._serialised, SAVE_DELAY)

    def _serialised(self) -> orjson.Fragment:
        # Home Assistant calls this in another thread, in which the state must not be read while it changes.
        in_loop = threading.get_ident() == self._hass.loop_thread_id
        encode = self._captured() if in_loop else run_callback_threadsafe(self._hass.loop, self._captured).result()
        # The state is serialised already; parsing it again would block on long queues.
        return orjson.Fragment(encode())

    def _captured(self) -> Callable[[], bytes]:
        # Changes from now on need another save.
        self._pending = False
        return _no_state if self._capture is None else self._capture()

    async def async_remove(self) -> None:
        """Delete the stored state."""
        self._capture = None
        for store in self._store, self._positions:
            await store.async_remove()


def _no_state() -> bytes:
    return b"null"


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

    async def async_rotate(self, grace: float) -> None:
        """Replace the secret by a new one; the current one stays valid for `grace` seconds."""
        self.secrets = rotated(self.secrets, time.time(), grace)
        await self.async_save()

    async def async_record(self, record: TokenRecord) -> None:
        """Record an issued token, and drop the records of expired ones, and of the oldest if there are too many."""
        now = time.time()
        self.issued = [*(known for known in self.issued if known["expires_at"] > now), record][-MAX_RECORDS:]
        await self.async_save()

    async def async_save(self) -> None:
        """Save immediately: a revocation must not be lost."""
        await self._store.async_save(
            {
                "key": self.secrets[0].key,
                "secrets": [msgspec.to_builtins(secret) for secret in self.secrets],
                "revoked_tokens": self.revocations.tokens,
                "revoked_subjects": self.revocations.subjects,
                "noted": self.issued,
            }
        )
        self.saved.emit()

    async def async_remove(self) -> None:
        """Delete the stored secrets."""
        await self._store.async_remove()


def sendspin_store(hass: HomeAssistant) -> PrivateStore:
    """Return the store of the Sendspin server's identity and pairings."""
    return PrivateStore(hass, SENDSPIN_KEY)
