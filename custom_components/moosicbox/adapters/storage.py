"""What Home Assistant's storage keeps for the hub: players and queues, and the secrets of our tokens."""

from collections.abc import Callable
import secrets
from typing import Any, Final, NotRequired, TypedDict, cast, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store
import orjson

from ..const import DOMAIN
from ..engine.api import Revocations, Signal, StateStore

STATE_KEY: Final = f"{DOMAIN}.state"
SECRETS_KEY: Final = f"{DOMAIN}.secrets"
SAVE_DELAY: Final = 0.5
"""Seconds; what was acknowledged more than a second ago is on the disk."""


class HomeStateStore(StateStore):
    """Players and queues."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Nothing is read yet."""
        self._store: Store[Any] = Store(
            hass, 1, STATE_KEY, private=True, atomic_writes=True, serialize_in_event_loop=False
        )
        self._state: Callable[[], bytes] | None = None

    @override
    async def load(self) -> dict[str, Any] | None:
        if self._state is not None:
            # Of another hub in this process; it may not be on the disk yet.
            return cast(dict[str, Any], orjson.loads(self._state()))
        kept: dict[str, Any] | None = await self._store.async_load()
        return kept

    @override
    def save_soon(self, state: Callable[[], bytes]) -> None:
        self._state = state
        # JSON as it is: to take it apart once more would hold everything up where queues are long.
        self._store.async_delay_save(lambda: orjson.Fragment(state()), SAVE_DELAY)

    async def async_remove(self) -> None:
        """Forget everything."""
        self._state = None
        await self._store.async_remove()


MAX_NOTED: Final = 500
"""Tokens that administrators can look up; the oldest are forgotten, not refused."""


class NotedToken(TypedDict):
    """What is known of a token that was made; never the token itself. Unix seconds."""

    jti: str
    sub: str
    name: str
    issued_at: float
    expires_at: float


class _Secrets(TypedDict):
    key: str
    revoked_tokens: dict[str, float]
    revoked_subjects: dict[str, float]
    noted: NotRequired[list[NotedToken]]


class SecretsStore:
    """The key of our tokens and what is revoked; readable by Home Assistant alone."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Nothing is read yet."""
        self._store: Store[_Secrets] = Store(hass, 1, SECRETS_KEY, private=True, atomic_writes=True)
        self.key = b""
        self.revocations = Revocations()
        self.noted: list[NotedToken] = []
        self.saved: Signal[()] = Signal()

    async def async_load(self) -> None:
        """Read the key, or make one the first time."""
        if (kept := await self._store.async_load()) is not None:
            self.key = bytes.fromhex(kept["key"])
            self.revocations = Revocations(kept["revoked_tokens"], kept["revoked_subjects"])
            self.noted = kept.get("noted", [])
        else:
            self.key = secrets.token_bytes(32)
            await self.async_save()

    async def async_save(self) -> None:
        """Write at once: a revocation must not be lost."""
        await self._store.async_save(
            {
                "key": self.key.hex(),
                "revoked_tokens": self.revocations.tokens,
                "revoked_subjects": self.revocations.subjects,
                "noted": self.noted[-MAX_NOTED:],
            }
        )
        self.saved.emit()

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._store.async_remove()
