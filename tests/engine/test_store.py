"""The stored state is restored after a restart, unless it is damaged."""

from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.protocol.client import ModeCommand, PlaybackCommand, QueueAdd, VolumeCommand
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.store import StoredHub, decode_state, encode_state
from tests.engine.fakes import Harness, of_type, principal, settle

ADA = principal("ada")


async def played(harness: Harness) -> dict[str, Any]:
    """Return the stored state of a hub in which a player has played for a while."""
    session, _ = harness.connect(ADA, player_id="kitchen", name="Kitchen")
    await harness.hub.start()
    await harness.hub.execute(QueueAdd(track_ids=("one", "two", "three")))
    await harness.hub.execute(ModeCommand(shuffle=True, repeat="all", autoplay=True))
    await harness.hub.execute(VolumeCommand(volume=0.4, muted=True))
    await harness.hub.execute(PlaybackCommand(command="play"))
    await settle()
    harness.clock.pass_seconds(30.02)
    harness.lose(session)
    assert harness.store.state is not None
    kept = harness.store.state()
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
    return kept


async def test_a_player_is_restored() -> None:
    before = Harness()
    kept = await played(before)
    harness = Harness(kept=kept)
    await harness.hub.start()
    player, old = harness.hub.players.get("kitchen"), before.hub.players.get("kitchen")
    assert (player.name, player.owner_user_id, player.volume, player.muted) == ("Kitchen", "ada", 0.4, True)
    assert not player.available
    playback = player.active_playback
    assert playback.timeline[:2] == ("paused", 30.0)
    assert list(playback.queue.items) == list(old.active_playback.queue.items)
    assert (playback.queue.revision, playback.queue.shuffled) == (old.active_playback.queue.revision, True)
    assert list(playback.queue.added_order) == list(old.active_playback.queue.added_order)
    assert playback.current == old.active_playback.current
    assert (playback.repeat, playback.autoplay) == ("all", True)
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_a_restored_player_belongs_to_its_owner() -> None:
    harness = Harness(kept=await played(Harness()))
    await harness.hub.start()
    session, connection = harness.connect(ADA, player_id="kitchen")
    await settle()
    commands = [each for each in connection.take() if each["type"] == "synchronized_playback"]
    assert [(each["command"], each["start_position"]) for each in commands] == [("pause", 30.0)]
    assert session.player_id == "kitchen"
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


async def test_no_secret_is_stored() -> None:
    harness = Harness()
    kept = await played(harness)
    text = msgspec.json.encode(kept).decode()
    assert "sig=" not in text
    assert all(session.secret not in text for session in harness.hub.sessions)


@pytest.mark.parametrize("damaged", [{"players": 7}, {"players": [{}]}, {"players": [{"player_id": "x"}]}])
async def test_damage_does_not_keep_the_hub_from_starting(damaged: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_state(damaged, now_us=0, now=0.0, rejoin_us=0)
    harness = Harness(kept=damaged)
    await harness.hub.start()
    assert harness.hub.running
    assert len(harness.hub.players) == 0
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


def test_a_hub_without_players_is_stored_too() -> None:
    stored = msgspec.json.decode(encode_state((), (), {}, now_us=0, now=0.0))
    assert decode_state(stored, now_us=0, now=0.0, rejoin_us=0) == StoredHub()


async def test_a_lookup_serves_all_players_of_the_media() -> None:
    before, players = Harness(), ("kitchen", "attic")
    await before.hub.start()
    for player_id in players:
        before.connect(ADA, player_id=player_id)
        await before.hub.execute(QueueAdd(player_id=player_id, track_id="song"))
        await before.hub.execute(PlaybackCommand(player_id=player_id, command="play"))
    assert before.store.state is not None
    harness = Harness(kept=before.store.state())
    await before.hub.stop(CloseCode.GOING_AWAY, "Over")
    await harness.hub.start()
    connections = [harness.connect(ADA, player_id=player_id)[1] for player_id in players]
    await settle()
    for connection in connections:
        assert len(of_type(connection.take(), "synchronized_playback")) == 1
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
