"""What a player didn't declare it isn't told to do, whoever asks."""

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
from tests.engine.fakes import House

COMMANDS = {
    "pause": PlaybackCommand(player_id="radio", command="pause"),
    "seek": SeekCommand(player_id="radio", position_seconds=5),
    "volume": VolumeCommand(player_id="radio", volume=0.5),
    "mute": VolumeCommand(player_id="radio", muted=True),
}


async def house_with(capabilities: tuple[str, ...] | None) -> House:
    house = House()
    player = house.hub.players.add("radio", "Radio", "ada")
    client = ClientInfo(name="Radio", kind="player", player_id="radio", capabilities=capabilities)
    house.hub.players.mark_connected(player, "client", client, resumed=False)
    await house.hub.execute(QueueAdd(player_id="radio", track_id="song"))
    await house.hub.execute(PlaybackCommand(player_id="radio", command="play"))
    return house


@pytest.mark.parametrize(("capability", "command"), COMMANDS.items())
async def test_refused(capability: str, command: Request) -> None:
    house = await house_with(tuple(set(COMMANDS) - {capability}))
    with pytest.raises(NotSupported):
        await house.hub.execute(command)
    await house.hub.stop(CloseCode.GOING_AWAY, "shutdown")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("capabilities", [None, tuple(COMMANDS)])
async def test_done(capabilities: tuple[str, ...] | None, command: Request) -> None:
    house = await house_with(capabilities)
    await house.hub.execute(command)
    await house.hub.stop(CloseCode.GOING_AWAY, "shutdown")
