"""What survives a restart, and that damage doesn't."""

from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.protocol.client import ModeCommand, PlaybackCommand, QueueAdd, VolumeCommand
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.store import StoredHub, decode_state, encode_state
from tests.engine.fakes import House, of_type, principal, settle

ADA = principal("ada")


async def played(house: House) -> dict[str, Any]:
    """A house in which music played for a while, as it is kept."""
    session, _ = house.connect(ADA, player_id="kitchen", name="Kitchen")
    await house.hub.start()
    await house.hub.execute(QueueAdd(track_ids=("one", "two", "three")))
    await house.hub.execute(ModeCommand(shuffle=True, repeat="all", autoplay=True))
    await house.hub.execute(VolumeCommand(volume=0.4, muted=True))
    await house.hub.execute(PlaybackCommand(command="play"))
    await settle()
    house.clock.pass_seconds(30.02)
    house.lose(session)
    assert house.store.state is not None
    kept = house.store.state()
    await house.hub.stop(CloseCode.GOING_AWAY, "Over")
    return kept


async def test_a_player_comes_back_as_it_was() -> None:
    before = House()
    kept = await played(before)
    house = House(kept=kept)
    await house.hub.start()
    player, old = house.hub.players.get("kitchen"), before.hub.players.get("kitchen")
    assert (player.name, player.owner_user_id, player.volume, player.muted) == ("Kitchen", "ada", 0.4, True)
    assert not player.available
    playback = player.active_playback
    assert playback.timeline[:2] == ("paused", 30.0)
    assert list(playback.queue.items) == list(old.active_playback.queue.items)
    assert (playback.queue.revision, playback.queue.shuffled) == (old.active_playback.queue.revision, True)
    assert list(playback.queue.added_order) == list(old.active_playback.queue.added_order)
    assert playback.current == old.active_playback.current
    assert (playback.repeat, playback.autoplay) == ("all", True)
    await house.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_it_is_still_its_owners() -> None:
    house = House(kept=await played(House()))
    await house.hub.start()
    session, connection = house.connect(ADA, player_id="kitchen")
    await settle()
    commands = [each for each in connection.take() if each["type"] == "synchronized_playback"]
    assert [(each["command"], each["start_position"]) for each in commands] == [("pause", 30.0)]
    assert session.player_id == "kitchen"
    await house.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_nothing_secret_is_kept() -> None:
    house = House()
    kept = await played(house)
    text = msgspec.json.encode(kept).decode()
    assert "sig=" not in text
    assert all(session.secret not in text for session in house.hub.sessions)


@pytest.mark.parametrize("damaged", [{"players": 7}, {"players": [{}]}, {"players": [{"player_id": "x"}]}])
async def test_damage_does_not_keep_the_hub_from_starting(damaged: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_state(damaged, now_us=0, now=0.0, rejoin_us=0)
    house = House(kept=damaged)
    await house.hub.start()
    assert house.hub.running
    assert len(house.hub.players) == 0
    await house.hub.stop(CloseCode.GOING_AWAY, "Over")


def test_a_hub_without_players_is_stored_too() -> None:
    stored = msgspec.json.decode(encode_state((), (), {}, now_us=0, now=0.0))
    assert decode_state(stored, now_us=0, now=0.0, rejoin_us=0) == StoredHub()


async def test_two_players_of_the_same_media_are_both_told_when_it_is_found() -> None:
    before, players = House(), ("kitchen", "attic")
    await before.hub.start()
    for player_id in players:
        before.connect(ADA, player_id=player_id)
        await before.hub.execute(QueueAdd(player_id=player_id, track_id="song"))
        await before.hub.execute(PlaybackCommand(player_id=player_id, command="play"))
    assert before.store.state is not None
    house = House(kept=before.store.state())
    await before.hub.stop(CloseCode.GOING_AWAY, "Over")
    await house.hub.start()
    connections = [house.connect(ADA, player_id=player_id)[1] for player_id in players]
    await settle()
    for connection in connections:
        assert len(of_type(connection.take(), "synchronized_playback")) == 1
    await house.hub.stop(CloseCode.GOING_AWAY, "Over")
