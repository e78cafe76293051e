"""When folders are scanned: with a scanner that only notes its targets."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.scan import scans
from custom_components.moosicbox.engine.library.scan.scanner import ScanFailed


class Noted:
    """The targets of all scans; the next `failures` of them fail."""

    def __init__(self) -> None:
        self.targets: list[set[Path]] = []
        self.failures = 0
        self._happened = asyncio.Event()

    async def scan(self, _roots: Iterable[Path], targets: Iterable[Path]) -> None:
        self.targets.append(set(targets))
        self._happened.set()
        if self.failures:
            self.failures -= 1
            raise ScanFailed("The disk is full")

    async def until(self, count: int) -> None:
        """Wait for a number of scans."""
        async with asyncio.timeout(10):
            while len(self.targets) < count:
                self._happened.clear()
                await self._happened.wait()


@pytest.fixture
async def noted(library: Library, monkeypatch: pytest.MonkeyPatch) -> Noted:
    """The scans of a library that has scanned all folders once, and follows them from now on."""
    noted = Noted()
    monkeypatch.setattr(library._scans, "_scanner", noted)
    library.follow_folders()
    await library.scan()
    noted.targets.clear()
    return noted


def deadline(library: Library) -> float | None:
    """Return the time of the loop at which the present wait ends without a request."""
    waiting = library._scans._waiting
    return None if waiting is None or waiting.expired() else waiting.when()


async def test_a_failed_scan_is_repeated(library: Library, noted: Noted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "RETRY_SECONDS", 0.01)
    noted.failures = 1
    library._scans._folders_changed([Path("/music/a")])
    await noted.until(2)
    assert noted.targets == [{Path("/music/a")}, set()]
    await library.scan()
    assert library._scans._longest_wait() is None


async def test_changes_after_a_failed_scan_scan_all_folders(library: Library, noted: Noted) -> None:
    noted.failures = 1
    library._scans._folders_changed([Path("/music/a")])
    await noted.until(1)
    library._scans._folders_changed([Path("/music/b")])
    await noted.until(2)
    library._scans._folders_changed([Path("/music/c")])
    await noted.until(3)
    assert noted.targets == [{Path("/music/a")}, set(), {Path("/music/c")}]


async def test_another_interval_applies_at_once(library: Library, noted: Noted) -> None:
    async with asyncio.timeout(10):
        while library._scans._waiting is None:  # noqa: ASYNC110 - nothing reports it
            await asyncio.sleep(0)
    await library.configure(library.folders, 0.01)
    await noted.until(2)
    await library.configure(library.folders, 0)
    assert deadline(library) is None
    assert library._scans._longest_wait() is None
