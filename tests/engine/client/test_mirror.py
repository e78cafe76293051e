"""The mirror of a client that follows a large room: its players play what the room plays, at their own volume."""

from msgspec import UNSET

from custom_components.moosicbox.engine.client.mirror import Mirror
from custom_components.moosicbox.engine.protocol.server import PlaybackStatus, PlayerList, RoomVolumes
from custom_components.moosicbox.engine.protocol.types import PlayerInfo, PlayerVolume


def status(topic: str, *, playing: bool, volume: float) -> PlaybackStatus:
    kind, _, id_ = topic.partition(":")
    return PlaybackStatus(
        topic=topic,
        player_id=id_ if kind == "player" else UNSET,
        room_id=id_ if kind == "room" else UNSET,
        is_playing=playing,
        state="playing" if playing else "paused",
        current_track=None,
        queue_item_id=None,
        position_seconds=0.0,
        anchor_us=0,
        rate=1.0,
        duration_seconds=None,
        volume=volume,
        muted=False,
        shuffle=False,
        repeat="off",
        queue_length=0,
        queue_revision=0,
    )


def test_a_player_of_a_followed_room_plays_what_the_room_plays() -> None:
    mirror = Mirror(lambda _topic: None, lambda _room: None)
    hall = PlayerInfo(player_id="hall", name="Hall", available=True, capabilities=None, room_id="party", entity_id=None)
    mirror.apply(PlayerList(topic="players", players=(hall,)))
    mirror.apply(status("player:hall", playing=False, volume=0.2))
    assert mirror.status("player:hall") == mirror.playback["player:hall"]
    mirror.apply(status("room:party", playing=True, volume=0.9))
    mirror.apply(RoomVolumes(topic="room:party", players={"hall": PlayerVolume(volume=0.4, muted=True)}))
    shown = mirror.status("player:hall")
    assert shown is not None
    assert (shown.is_playing, shown.volume, shown.muted, shown.player_id) == (True, 0.4, True, "hall")
    assert mirror.source("player:hall") == "room:party"
    mirror.remove_topics(["room:party"])
    assert mirror.source("player:hall") == "player:hall"
