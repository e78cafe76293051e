"""The topic `library`: what changed in it, and how far a scan is."""

from collections.abc import Callable
from typing import Final

from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..protocol.server import LibraryScanProgress, LibraryUpdated
from ..protocol.types import UpdateType
from ..signals import Signal
from ..timers import Timer, Timers
from .library import Library
from .models import Change, Progress

TOPIC: Final = "library"
GATHER_US: Final = 1_000_000
"""Changes of one kind within this time are told at once."""
PROGRESS_US: Final = 500_000
MAX_IDS: Final = 100
"""That one message names."""


class LibraryFeed:
    """Publishes what the library tells, in few messages."""

    def __init__(self, library: Library, topics: Topics, timers: Timers, clock: Clock) -> None:
        """Follows nothing yet."""
        self.updated: Signal[LibraryUpdated] = Signal()
        """This was published."""
        self._library = library
        self._topics = topics
        self._timers = timers
        self._clock = clock
        self._gathered: dict[UpdateType, tuple[list[str], int]] = {}
        self._update: Timer | None = None
        self._progress: Timer | None = None
        self._undo: tuple[Callable[[], None], ...] = ()

    def start(self) -> None:
        """Follow the library."""
        self.stop()
        library = self._library
        self._undo = (library.changed.subscribe(self._changed), library.progressed.subscribe(self._progressed))

    def stop(self) -> None:
        """Follow it no more: it may outlive the hub."""
        for undo in self._undo:
            undo()
        self._undo = ()

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Say where snapshots come from."""
        catalog.provide(TOPIC, lambda _id, _viewer: [_message(self._library.progress)])

    def _changed(self, change: Change) -> None:
        ids, total = self._gathered.get(change.update_type, ([], 0))
        self._gathered[change.update_type] = ([*ids, *change.ids][:MAX_IDS], total + change.total)
        if self._update is None:
            self._update = self._timers.at(self._clock.now_us() + GATHER_US, self._tell_changes)

    def _tell_changes(self) -> None:
        self._update = None
        gathered, self._gathered = self._gathered, {}
        for update_type, (ids, total) in gathered.items():
            message = LibraryUpdated(update_type=update_type, affected_items=tuple(ids), total_changes=total)
            self._topics.publish(TOPIC, message)
            self.updated.emit(message)

    def _progressed(self, progress: Progress) -> None:
        if not progress.scanning:
            if self._progress is not None:
                self._progress.cancel()
            self._tell_progress()
        elif self._progress is None:
            self._progress = self._timers.at(self._clock.now_us() + PROGRESS_US, self._tell_progress)

    def _tell_progress(self) -> None:
        self._progress = None
        self._topics.publish(TOPIC, _message(self._library.progress))


def _message(progress: Progress) -> LibraryScanProgress:
    return LibraryScanProgress(
        scanning=progress.scanning,
        scanned=progress.scanned,
        total=progress.total,
        added=progress.added,
        changed=progress.changed,
        removed=progress.removed,
    )
