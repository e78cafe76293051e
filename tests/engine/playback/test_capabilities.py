"""Commands that need a capability which the player hasn't declared are refused."""

import pytest

from custom_components.moosicbox.engine.protocol.client import (
    ClientInfo,
    PlaybackCommand,
    QueueAdd,
    Request,
    SeekCommand,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import NotSupported
from tests.engine.fakes import Harness

COMMANDS = {
    "pause": PlaybackCommand(player_id="radio", command="pause"),
    "seek": SeekCommand(player_id="radio", position_seconds=5),
    "volume": VolumeCommand(player_id="radio", volume=0.5),
    "mute": VolumeCommand(player_id="radio", muted=True),
}


async def harness_with(capabilities: tuple[str, ...] | None) -> Harness:
    harness = Harness()
    player = harness.hub.players.add("radio", "Radio", "ada")
    client = ClientInfo(name="Radio", kind="player", player_id="radio", capabilities=capabilities)
    harness.hub.players.mark_connected(player, "client", client, resumed=False)
    await harness.hub.execute(QueueAdd(player_id="radio", track_id="song"))
    await harness.hub.execute(PlaybackCommand(player_id="radio", command="play"))
    return harness


@pytest.mark.parametrize(("capability", "command"), COMMANDS.items())
async def test_missing_capabilities_are_refused(capability: str, command: Request) -> None:
    harness = await harness_with(tuple(set(COMMANDS) - {capability}))
    with pytest.raises(NotSupported):
        await harness.hub.execute(command)
    await harness.hub.stop(CloseCode.GOING_AWAY, "shutdown")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("capabilities", [None, tuple(COMMANDS)])
async def test_declared_capabilities_are_accepted(capabilities: tuple[str, ...] | None, command: Request) -> None:
    harness = await harness_with(capabilities)
    await harness.hub.execute(command)
    await harness.hub.stop(CloseCode.GOING_AWAY, "shutdown")
