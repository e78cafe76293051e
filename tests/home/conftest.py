"""Fixtures for tests of Home Assistant's side."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

from tests.fixtures import (  # noqa: F401
    advance,
    clock,
    connect,
    controller,
    create_token,
    entry,
    http,
    hub,
    kitchen,
    lose,
    media_folder,
    songs,
    token,
)

from .parties import ada, ben, eve, party  # noqa: F401


@pytest.fixture(autouse=True, scope="session")
def known_ffmpeg() -> Iterator[None]:
    """Let Home Assistant know the version of ffmpeg, so that it doesn't start the program in each test."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr("homeassistant.components.ffmpeg.FFVersion.get_version", AsyncMock(return_value="7.1"))
        yield


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The snapshot fixture of Home Assistant."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
async def tts(hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The component `tts`. It registers views, so it is set up before the web server starts.

    Its cache begins empty: otherwise files of earlier runs would be spoken.
    """
    monkeypatch.setattr("homeassistant.components.tts.DEFAULT_CACHE_DIR", str(tmp_path / "tts"))
    assert await async_setup_component(hass, "tts", {})
