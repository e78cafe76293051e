"""Tokens limited to rooms: no command reaches beyond these rooms."""

import time

import pytest

from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueGet, VolumeCommand
from custom_components.moosicbox.engine.protocol.errors import PermissionDenied
from tests.engine.fakes import House, of_type, principal

COMMANDS = [
    PlaybackCommand(request_id="r", player_id="kitchen", command="pause"),
    VolumeCommand(request_id="r", player_id="kitchen", volume=0.5),
    QueueGet(request_id="r", player_id="kitchen"),
    PlaybackCommand(request_id="r", command="pause"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
async def test_a_guest_cannot_control_players(command: PlaybackCommand) -> None:
    house = House()
    house.connect(principal(), player_id="kitchen")
    guest = principal("guest", "listen", "control", "play", "chat", rooms=frozenset({"party"}))
    with pytest.raises(PermissionDenied):
        await house.hub.execute(command, guest)


def test_a_guest_may_change_the_volume_of_its_own_player() -> None:
    house = House()
    guest = principal("guest", "listen", "control", "play", rooms=frozenset({"party"}))
    session, connection = house.connect(guest, player_id="phone")
    house.say(session, VolumeCommand(request_id="r", volume=0.5))
    assert len(of_type(connection.take(), "result")) == 1
    assert house.hub.players.get("phone").volume == 0.5


@pytest.mark.parametrize("rights", [{"role": "admin"}, {"permissions": frozenset({"listen", "admin", "broadcast"})}])
def test_a_limited_token_has_no_system_wide_permissions(rights: dict[str, str]) -> None:
    tokens = Tokens(b"k" * 32, Revocations())
    issued = tokens.issue(sub="g", name="G", now=time.time(), lifetime=60, rooms=frozenset({"party"}), **rights)
    assert not tokens.verify(issued.token).permissions & {"broadcast", "events", "admin"}
