"""The index's file: one thread writes, others read; a damaged file is set aside and replaced."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
import logging
from pathlib import Path
from queue import Empty, SimpleQueue
import sqlite3
from typing import Final

from ...protocol.errors import Sentence, Unavailable
from ..seal import Seal
from .connection import SIDE_FILES, check, connect, is_damage, transaction
from .schema import TooNew, migrate

_LOGGER = logging.getLogger(__name__)

READERS: Final = 2

type Salvage = Callable[[sqlite3.Connection, sqlite3.Connection], None]
"""Copies the data that music files don't contain from a damaged index into a new one."""


class Database:
    """An SQLite file that is used in threads only.

    Args:
        path: The file, which is created with its folder; only its owner may read it.
        seal: Makes the addresses of pictures in records.
        salvage: Copies the readable data of a damaged file.
        on_rebuilt: Called in the event loop with the path at which a damaged file was set aside.
    """

    def __init__(self, path: Path, seal: Seal, salvage: Salvage, on_rebuilt: Callable[[Path], None]) -> None:
        self.path = path
        self._seal = seal
        self._salvage = salvage
        self._on_rebuilt = on_rebuilt
        self._writer: sqlite3.Connection | None = None
        self._held: sqlite3.Connection | None = None
        """The connection that keeps the file unchanged during a backup."""
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._write_thread: ThreadPoolExecutor | None = None
        self._read_threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Open the file, or create it."""
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="moosicbox-library-write")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="moosicbox-library-read")
        if (aside := await self._run(self._write_thread, self._open)) is not None:
            self._on_rebuilt(aside)

    async def close(self) -> None:
        """Close the file, after the running reads and writes."""
        write_thread, read_threads = self._write_thread, self._read_threads
        self._write_thread = self._read_threads = None
        if write_thread is None or read_threads is None:
            return
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, read_threads.shutdown)
        await self._run(write_thread, self._close)
        await loop.run_in_executor(None, write_thread.shutdown)

    async def read[T](self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of `query`, which sees a single state of the index.

        Raises:
            Unavailable: The index can't be read now.
        """
        return await self._run_guarded(self._read_threads, lambda: self._read(query))

    async def write[T](self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in a transaction, and return its result.

        Raises:
            Unavailable: The index can't be written now.
        """
        return await self._run_guarded(self._write_thread, lambda: transaction(self._require_writer(), change))

    async def replace_if_damaged(self) -> None:
        """Check the file, which another process has reported as damaged, and replace it if it is."""
        await self._rebuild()

    async def begin_backup(self) -> None:
        """Move all changes from the write-ahead log into the file, which then doesn't change until `end_backup`."""
        await self._run_guarded(self._write_thread, self._begin_backup)

    async def end_backup(self) -> None:
        """Allow changes of the file again."""
        if self._write_thread is not None:
            await self._run(self._write_thread, self._end_backup)

    async def _run_guarded[T](self, threads: ThreadPoolExecutor | None, work: Callable[[], T]) -> T:
        if threads is None:
            raise Unavailable(Sentence("library_closed", "The library isn't open"))
        try:
            return await self._run(threads, work)
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                await self._rebuild()
                raise Unavailable(
                    Sentence("library_rebuilding", "The library's index was damaged and is made anew")
                ) from error
            if isinstance(error, sqlite3.OperationalError):
                _LOGGER.warning("The library's index can't be used now: %s", error)
                raise Unavailable(
                    Sentence("library_unusable", "The library's index can't be used now: {error}", error=error)
                ) from error
            raise

    async def _rebuild(self) -> None:
        if self._write_thread is not None:
            # In the writer's thread: once, and while nothing is written.
            aside = await self._run(self._write_thread, self._reopen)
            if aside is not None:
                self._on_rebuilt(aside)

    @staticmethod
    async def _run[T](threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    # ------------------------------------------------------------ in the threads

    def _require_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            raise Unavailable(Sentence("library_closed", "The library isn't open"))
        return self._writer

    def _open(self) -> Path | None:
        try:
            self._writer = connect(self.path, self._seal)
            migrate(self._writer)
            check(self._writer)
        except (sqlite3.DatabaseError, TooNew) as error:
            if not (isinstance(error, TooNew) or is_damage(error)):
                raise
            return self._replace(error)
        return None

    def _reopen(self) -> Path | None:
        try:
            check(self._require_writer())
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return self._replace(error)
            raise
        return None

    def _replace(self, error: Exception) -> Path:
        self._close()
        aside = self.path.with_name(f"{self.path.name}.damaged")
        _LOGGER.error(
            "The library's index can't be used (%s): it is made anew, the old one is kept as %s", error, aside
        )
        for suffix in ("", *SIDE_FILES):
            damaged = self.path.with_name(self.path.name + suffix)
            kept = aside.with_name(aside.name + suffix)
            kept.unlink(missing_ok=True)
            if damaged.exists():
                damaged.rename(kept)
        self._writer = connect(self.path, self._seal)
        migrate(self._writer)
        try:
            damaged_index = sqlite3.connect(aside)
        except sqlite3.DatabaseError:
            return aside
        try:
            transaction(self._writer, lambda fresh: self._salvage(damaged_index, fresh))
        finally:
            damaged_index.close()
        return aside

    def _begin_backup(self) -> None:
        self._end_backup()
        self._require_writer().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        # While this reads, no process moves changes from the write-ahead log into the file.
        self._held = connect(self.path, self._seal, read_only=True)
        self._held.execute("BEGIN")
        self._held.execute("SELECT count(*) FROM sqlite_master").fetchall()

    def _end_backup(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _read[T](self, query: Callable[[sqlite3.Connection], T]) -> T:
        idle = self._idle
        try:
            reader = idle.get_nowait()
        except Empty:
            reader = connect(self.path, self._seal, read_only=True)
        try:
            reader.execute("BEGIN")
            answer = query(reader)
            reader.execute("COMMIT")
        except BaseException:
            reader.close()
            raise
        if idle is self._idle and self._read_threads is not None:
            idle.put(reader)
        else:
            reader.close()
        return answer

    def _close(self) -> None:
        self._end_backup()
        idle, self._idle = self._idle, SimpleQueue()
        while not idle.empty():
            idle.get().close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
