"""A library over a folder that the test fills."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import LibraryChange


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """The library's folder."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
async def library(tmp_path: Path, music: Path, forks: None) -> AsyncGenerator[Library]:
    """A library that scans when it is told to."""
    library = Library(tmp_path / "index" / "library.db", [music], 0)
    await library.start()
    yield library
    await library.stop()


@pytest.fixture
def changes(library: Library) -> list[LibraryChange]:
    """The changes that the library reports."""
    told: list[LibraryChange] = []
    library.changed.subscribe(told.append)
    return told
