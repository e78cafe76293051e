"""Fixtures for tests of Home Assistant's side."""

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


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The snapshot fixture of Home Assistant."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)
