"""Entities and outputs of players and rooms."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.moosicbox.engine.playback.contexts import MAX_OUTPUTS
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import InvalidMessage, Unavailable
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from tests.engine.fakes import Harness, of_type, principal

SPEAKER = "media_player.terrace"


type Made = Callable[[Harness], tuple[Any, Any]]


def _player(harness: Harness) -> tuple[Any, Any]:
    harness.connect(principal("ada"), player_id="kitchen", name="Kitchen")
    return harness.hub.players, harness.hub.players.get("kitchen")


def _room(harness: Harness) -> tuple[Any, Any]:
    return harness.hub.rooms, harness.hub.rooms.create(RoomSettings(name="Party"))


@pytest.mark.parametrize("made", [_player, _room])
class TestOutputs:
    def test_an_output_is_added_once_and_removed(self, made: Made) -> None:
        contexts, context = made(Harness())
        events: list[tuple[str, Any]] = []
        contexts.output_added.subscribe(lambda _context, output_id: events.append(("added", output_id)))
        contexts.output_removed.subscribe(lambda _context, output_id: events.append(("removed", output_id)))
        contexts.changed.subscribe(lambda _context: events.append(("changed", dict(context.outputs))))
        contexts.add_output(context, SPEAKER, 120.0)
        contexts.add_output(context, SPEAKER, 7.0)
        contexts.set_output_delay(context, SPEAKER, 80.0)
        contexts.remove_output(context, SPEAKER)
        contexts.remove_output(context, SPEAKER)
        assert events == [
            ("added", SPEAKER),
            ("changed", {SPEAKER: 120.0}),
            ("changed", {SPEAKER: 80.0}),
            ("removed", SPEAKER),
            ("changed", {}),
        ]

    def test_the_number_of_outputs_is_bounded(self, made: Made) -> None:
        contexts, context = made(Harness())
        for number in range(MAX_OUTPUTS):
            contexts.add_output(context, f"{SPEAKER}_{number}")
        with pytest.raises(Unavailable):
            contexts.add_output(context, SPEAKER)
        assert len(context.outputs) == MAX_OUTPUTS

    @pytest.mark.parametrize("delay_ms", [-1.0, 5_001.0, float("nan")])
    def test_delays_are_bounded(self, made: Made, delay_ms: float) -> None:
        contexts, context = made(Harness())
        with pytest.raises(InvalidMessage):
            contexts.add_output(context, SPEAKER, delay_ms)
        contexts.add_output(context, SPEAKER)
        with pytest.raises(InvalidMessage):
            contexts.set_output_delay(context, SPEAKER, delay_ms)
        assert context.outputs == {SPEAKER: 0.0}

    def test_an_unknown_output_has_no_delay(self, made: Made) -> None:
        contexts, context = made(Harness())
        with pytest.raises(InvalidMessage):
            contexts.set_output_delay(context, SPEAKER, 80.0)
        assert not context.outputs

    async def test_outputs_and_entity_are_kept(self, made: Made) -> None:
        harness = Harness()
        contexts, context = made(harness)
        await harness.hub.start()
        contexts.set_entity_id(context, "media_player.here")
        assert context.entity_id == "media_player.here"
        contexts.add_output(context, SPEAKER, 80.0)
        assert harness.store.state is not None
        kept = harness.store.state()
        assert [each["outputs"] for each in (*kept["players"], *kept["rooms"])] == [{SPEAKER: 80.0}]
        await harness.hub.stop(CloseCode.GOING_AWAY, "Over")


def test_the_list_of_players_names_the_entity() -> None:
    harness = Harness()
    players, player = _player(harness)
    _, connection = harness.connect(principal("ada"), subscribe=("players",))
    connection.take()
    players.set_entity_id(player, "media_player.kitchen")
    (message,) = of_type(connection.take(), "player_list")
    assert [each["entity_id"] for each in message["players"]] == ["media_player.kitchen"]


def test_a_follower_hears_of_its_own_player_only() -> None:
    harness = Harness()
    players, kitchen = _player(harness)
    harness.connect(principal("ben"), player_id="hall", name="Hall")
    heard: list[Any] = []
    unfollow = players.follow(kitchen, heard.append)
    players.set_volume(players.get("hall"), 0.5, None)
    assert heard == []
    players.set_volume(kitchen, 0.5, None)
    assert heard == [kitchen]
    unfollow()
    players.set_volume(kitchen, 0.6, None)
    assert heard == [kitchen]
    # A second end of the same subscription leaves the newer one.
    players.follow(kitchen, heard.append)
    unfollow()
    players.set_volume(kitchen, 0.7, None)
    assert heard == [kitchen, kitchen]
