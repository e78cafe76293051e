"""Finds tests that start processes, but don't have the mark `process`, so that `script/test --fast` starts none."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import PurePath
import sys
import threading
from typing import Any, Final

EVENTS: Final = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty"})
SHORT: Final = frozenset({"git", "bash"})
"""Programs that only check texts."""


class ProcessWatch:
    """Records the programs that are started while a test is watched."""

    def __init__(self) -> None:
        self._started: list[str] | None = None
        self._thread = threading.local()
        self._is_hooked = False

    @contextmanager
    def watched(self) -> Generator[list[str]]:
        """Yield the list of the programs that are started in the meantime."""
        if not self._is_hooked:
            # Not before it's needed: a hook is called for each import, opened file and socket, and can't be removed.
            sys.addaudithook(self._audit)
            self._is_hooked = True
        started: list[str] = []
        self._started = started
        try:
            yield started
        finally:
            self._started = None

    @contextmanager
    def shared(self) -> Generator[None]:
        """Let the current thread start a process that later tests share."""
        before = getattr(self._thread, "shares", False)
        self._thread.shares = True
        try:
            yield
        finally:
            self._thread.shares = before

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._started is None or event not in EVENTS or getattr(self._thread, "shares", False):
            return
        program = PurePath(str(arguments[0])).name if arguments else event
        if program not in SHORT:
            self._started.append(program)


WATCH: Final = ProcessWatch()
