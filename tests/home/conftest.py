"""What tests of Home Assistant's side share."""

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
    """Snapshots in Home Assistant's manner."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)
