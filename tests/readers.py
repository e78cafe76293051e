"""Reader processes that tests share: the start of one takes longer than most tests."""

from collections.abc import Generator
from contextlib import contextmanager
import threading
from typing import override

import pytest

from custom_components.moosicbox.engine.library.reader import file_reader
from custom_components.moosicbox.engine.library.reader.client import ReaderProcess
from custom_components.moosicbox.engine.library.reader.messages import Reply, Request

from .processes import WATCH


class Readers:
    """The processes that no library uses at the moment."""

    def __init__(self) -> None:
        self.idle: list[SharedReader] = []

    def get(self) -> SharedReader:
        """Return an idle process, or one that starts with its first request."""
        return self.idle.pop() if self.idle else SharedReader(self)

    def close(self) -> None:
        for reader in self.idle:
            reader.end()


class SharedReader(ReaderProcess):
    """A process that is handed on when its library closes it, unless a thread waits for its reply."""

    def __init__(self, readers: Readers) -> None:
        super().__init__()
        self._readers = readers
        self._asking = threading.Lock()

    @override
    def ask(self, request: Request) -> Reply:
        with self._asking, WATCH.shared():
            return super().ask(request)

    @override
    def close(self) -> None:
        if self._asking.acquire(blocking=False):
            self._asking.release()
            self._readers.idle.append(self)
        else:
            super().close()

    @override
    def wait(self) -> None:
        if self._closed:
            super().wait()

    def end(self) -> None:
        """End the process."""
        super().close()
        super().wait()


@contextmanager
def shared_readers() -> Generator[Readers]:
    """Provide processes, and end them."""
    readers = Readers()
    yield readers
    readers.close()


def use(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let libraries use these processes."""
    monkeypatch.setattr(file_reader, "ReaderProcess", readers.get)
