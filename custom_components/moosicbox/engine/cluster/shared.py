"""Small documents that all nodes know: who may come in, what is allowed."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ..signals import Signal
from .bus import Bus


class Shared:
    """The documents, as they were when this node last looked."""

    def __init__(self, bus: Bus) -> None:
        """None is known yet."""
        self.changed: Signal[str] = Signal()
        """A document was put there, or is another one now."""
        self._bus = bus
        self._documents: dict[str, bytes] = {}

    def get(self, name: str) -> Any:
        """A document; None if there is none."""
        return None if (data := self._documents.get(name)) is None else msgspec.msgpack.decode(data)

    async def put(self, name: str, document: Any) -> None:
        """Share a document. Away."""
        data = msgspec.msgpack.encode(document)
        if self._documents.get(name) != data:
            await self._bus.put_document(name, data)
            self._take({**self._documents, name: data})

    def forget(self) -> None:
        """They are there no more: whoever put them puts them again."""
        self._documents.clear()

    async def look(self) -> None:
        """See what has changed. Away."""
        self._take(await self._bus.documents())

    def _take(self, documents: Mapping[str, bytes]) -> None:
        before, self._documents = self._documents, dict(documents)
        for name, data in documents.items():
            if before.get(name) != data:
                self.changed.emit(name)
