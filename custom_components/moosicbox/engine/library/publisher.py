"""The topic `library`: changes of the library, and the progress of scans."""

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
from .models import LibraryChange, ScanProgress

TOPIC: Final = "library"
GATHER_US: Final = 1_000_000
"""Changes of one kind within this time are one message."""
PROGRESS_US: Final = 500_000
"""The shortest time between two reports of progress."""
MAX_IDS: Final = 100
"""Ids that one message names."""


class LibraryPublisher:
    """Publishes a library's changes and progress, in few messages."""

    def __init__(self, library: Library, topics: Topics, timers: Timers, clock: Clock) -> None:
        self.updated: Signal[LibraryUpdated] = Signal()
        """Emitted with each change that is published."""
        self._library = library
        self._topics = topics
        self._timers = timers
        self._clock = clock
        self._gathered: dict[UpdateType, tuple[list[str], int]] = {}
        self._update: Timer | None = None
        self._progress: Timer | None = None
        self._unsubscribe: tuple[Callable[[], None], ...] = ()

    def start(self) -> None:
        """Follow the library."""
        self.stop()
        library = self._library
        self._unsubscribe = (
            library.changed.subscribe(self._gather_change),
            library.progressed.subscribe(self._schedule_progress),
        )

    def stop(self) -> None:
        """Stop following the library, which may outlive the hub."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = ()

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the snapshot of the topic: the progress of the scan."""
        catalog.provide(TOPIC, lambda _id, _viewer: [_message(self._library.progress)])

    def _gather_change(self, change: LibraryChange) -> None:
        ids, total = self._gathered.get(change.update_type, ([], 0))
        self._gathered[change.update_type] = ([*ids, *change.ids][:MAX_IDS], total + change.total)
        if self._update is None:
            self._update = self._timers.at(self._clock.now_us() + GATHER_US, self._publish_changes)

    def _publish_changes(self) -> None:
        self._update = None
        gathered, self._gathered = self._gathered, {}
        for update_type, (ids, total) in gathered.items():
            message = LibraryUpdated(update_type=update_type, affected_items=tuple(ids), total_changes=total)
            self._topics.publish(TOPIC, message)
            self.updated.emit(message)

    def _schedule_progress(self, progress: ScanProgress) -> None:
        if not progress.scanning:
            if self._progress is not None:
                self._progress.cancel()
            self._publish_progress()
        elif self._progress is None:
            self._progress = self._timers.at(self._clock.now_us() + PROGRESS_US, self._publish_progress)

    def _publish_progress(self) -> None:
        self._progress = None
        self._topics.publish(TOPIC, _message(self._library.progress))


def _message(progress: ScanProgress) -> LibraryScanProgress:
    return LibraryScanProgress(
        scanning=progress.scanning,
        scanned=progress.scanned,
        total=progress.total,
        added=progress.added,
        changed=progress.changed,
        removed=progress.removed,
    )
