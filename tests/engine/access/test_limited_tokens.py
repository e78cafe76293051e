"""Tokens limited to rooms: no command reaches beyond these rooms."""

import time
from typing import Any

import pytest

from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueGet, VolumeCommand
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied
from tests.engine.fakes import Harness, of_type, principal

COMMANDS = [
    PlaybackCommand(request_id="r", player_id="kitchen", command="pause"),
    VolumeCommand(request_id="r", player_id="kitchen", volume=0.5),
    QueueGet(request_id="r", player_id="kitchen"),
    PlaybackCommand(request_id="r", command="pause"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
async def test_a_guest_cannot_control_players(command: PlaybackCommand) -> None:
    harness = Harness()
    harness.connect(principal(), player_id="kitchen")
    guest = principal("guest", "listen", "control", "play", "chat", rooms=frozenset({"party"}))
    with pytest.raises(PermissionDenied):
        await harness.hub.execute(command, guest)


def test_a_guest_may_change_the_volume_of_its_own_player() -> None:
    harness = Harness()
    guest = principal("guest", "listen", "control", "play", rooms=frozenset({"party"}))
    session, connection = harness.connect(guest, player_id="phone")
    harness.say(session, VolumeCommand(request_id="r", volume=0.5))
    assert len(of_type(connection.take(), "result")) == 1
    assert harness.hub.players.get("phone").volume == 0.5


@pytest.mark.parametrize("rights", [{"role": "admin"}, {"permissions": frozenset({"listen", "admin", "broadcast"})}])
def test_a_limited_token_has_no_system_wide_permissions(rights: dict[str, Any]) -> None:
    tokens = Tokens(b"k" * 32, Revocations())
    issued = tokens.issue(sub="g", name="G", now=time.time(), lifetime=60, rooms=frozenset({"party"}), **rights)
    assert not tokens.verify(issued.token).permissions & {"broadcast", "events", "admin"}
