"""Small documents that all nodes share, such as settings and keys."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..signals import Signal
from .bus import Bus


class SharedDocuments:
    """The documents as they were at the last refresh."""

    def __init__(self, bus: Bus) -> None:
        self.changed: Signal[str] = Signal()
        """The document of this name was added or has changed."""
        self._bus = bus
        self._documents: dict[str, bytes] = {}

    def get(self, name: str) -> Any:
        """Return a document, or `None` if there is none."""
        return None if (data := self._documents.get(name)) is None else msgspec.msgpack.decode(data)

    async def put(self, name: str, document: Any) -> None:
        """Share a document, unless it is shared already. Raise BusUnavailable."""
        data = msgspec.msgpack.encode(document)
        if self._documents.get(name) != data:
            await self._bus.put_document(name, data)
            self._replace({**self._documents, name: data})

    def clear(self) -> None:
        """Forget all documents, which are lost: the nodes that put them will put them again."""
        self._documents.clear()

    async def refresh(self) -> None:
        """Read all documents. Raise BusUnavailable."""
        self._replace(await self._bus.documents())

    def _replace(self, documents: Mapping[str, bytes]) -> None:
        before, self._documents = self._documents, dict(documents)
        for name, data in documents.items():
            if before.get(name) != data:
                self.changed.emit(name)
