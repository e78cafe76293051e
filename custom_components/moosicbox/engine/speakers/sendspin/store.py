"""Stored state of Sendspin: this server's identity, and its pairings with speakers."""

from collections.abc import Callable, Mapping
from typing import Any, override

from aiosendspin.noise.keys import Identity, b64url_decode
from aiosendspin.noise.trust_store import InMemoryServerPairingStore, ServerPairingRecord, TrustedUnpairedClient

type Saved = Mapping[str, Any]
"""The state as JSON. It holds secrets."""


class PairingStore(InMemoryServerPairingStore):
    """The identity, pairings and approvals; `save` is called with the state after each change."""

    def __init__(self, saved: Saved | None, save: Callable[[dict[str, Any]], None]) -> None:
        """Restore the state that was saved, or begin with a new identity.

        Args:
            saved: The state of an earlier run, or `None`.
            save: Stores a state.

        Raises:
            ValueError: `saved` isn't what `save` was called with.
        """
        super().__init__()
        self._save_state = save
        if saved is None:
            self.identity = Identity.generate()
            save(self._state())
            return
        try:
            self.identity = Identity.from_private_bytes(b64url_decode(saved["identity"]))
            records = [ServerPairingRecord.from_dict(record) for record in saved["records"]]
            trusted = [TrustedUnpairedClient.from_dict(client) for client in saved["trusted"]]
        except (KeyError, TypeError) as error:
            raise ValueError("The pairings aren't readable") from error
        self._records = {record.client_id: record for record in records}
        self._trusted = {client.client_id: client for client in trusted}

    async def client_ids(self) -> set[str]:
        """Return the ids of all speakers with a stored pairing or approval."""
        return {*self._records, *self._trusted}

    @override
    async def _save(self) -> None:
        self._save_state(self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "identity": self.identity.private_b64u,
            "records": [record.to_dict() for record in self._records.values()],
            "trusted": [client.to_dict() for client in self._trusted.values()],
        }
