"""Announcements: the players that make them, priorities, volumes, the chime, and repetition until they are acknowledged."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.playback.media import Media
from custom_components.moosicbox.engine.protocol.client import (
    PlayerReport,
    QueueAdd,
    RoomCreate,
    RoomJoin,
    VolumeCommand,
)
from custom_components.moosicbox.engine.protocol.errors import (
    InvalidMessage,
    NotSupported,
    PermissionDenied,
    RefusedByRule,
    Unavailable,
)
from custom_components.moosicbox.engine.protocol.household import AcknowledgeAnnouncement, Announce, SaveRule
from tests.engine.fakes import principal, track

from .house import House

ADMIN = principal("admin", role="admin")
DINNER, DOORBELL = "test/dinner", "test/doorbell"
CHIME = Media(track=track("chime", 1.0), source="/chime.flac")


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    house = House("kitchen", "bedroom", "kids")
    await house.start()
    yield house
    await house.stop()


@pytest.fixture
def events(house: House) -> list[str]:
    fired: list[str] = []
    house.hub.household.announcer.happened.subscribe(
        lambda _id, text, kind, user: fired.append(f"{kind} {text} {user}")
    )
    return fired


def sounds(house: House, name: str) -> list[str]:
    """Return what a player was commanded to play since the last call, announcements included."""
    messages, house.received[name] = house.received.get(name, []), []
    return [
        message["track"]["title"]
        for message in messages
        if message["type"] == "synchronized_playback" and message["command"] == "play"
    ]


async def announce(house: House, *player_ids: str, media: str = DINNER, chime: bool = False, **fields: Any) -> Any:
    return await house.do(Announce(media_content_id=media, player_ids=player_ids, chime=chime, **fields))


async def end(house: House, *names: str) -> None:
    """Report the end of what players announce."""
    for name in names:
        command = house.player(name).announcement
        assert command is not None
        assert command.item is not None
        await house.do(
            PlayerReport(
                state="idle", position_seconds=0, at_us=house.clock.now_us(), queue_item_id=command.item.queue_item_id
            ),
            name,
        )
    await house.pass_seconds(0)


async def test_the_answer_names_the_players_that_announce_and_those_that_refuse(house: House) -> None:
    house.lose("kids")
    house.hub.players.set_volume(house.player("bedroom"), None, muted=True)
    answer = await announce(house, "kitchen", "kids", "bedroom", "attic")
    assert answer["players"] == ["kitchen"]
    assert [(each["player_id"], each["error"], each["message"]) for each in answer["refused"]] == [
        ("attic", "player_not_found", "There is no player attic"),
        ("kids", "unavailable", "Kids isn't connected"),
        ("bedroom", "unavailable", "Bedroom is muted"),
    ]
    with pytest.raises(Unavailable, match="Kids isn't connected"):
        await announce(house, "kids")


async def test_a_room_announces_together_and_its_music_continues(house: House) -> None:
    await house.do(RoomCreate(name="Party", id="party", wait="none"), "kitchen")
    await house.do(RoomJoin(room_id="party"), "bedroom")
    await house.do(QueueAdd(room_id="party", track_ids=("song",), play=True), "kitchen")
    await house.pass_seconds(5)
    answer = await house.do(Announce(media_content_id=DINNER, room_ids=("party",), player_ids=("kids",), chime=False))
    assert answer["players"] == ["kids", "kitchen", "bedroom"]
    await house.pass_seconds(1)
    assert not house.room("party").playback.is_active
    await end(house, "kitchen", "bedroom", "kids")
    assert house.room("party").playback.is_active


async def test_a_chime_comes_before(house: House, events: list[str]) -> None:
    async def speak(request: Announce) -> str:
        return f"speech/{request.message} {request.language}"

    with pytest.raises(NotSupported):
        await house.do(Announce(message="Dinner", player_ids=("kitchen",)))
    house.hub.household.announcer.connect_host(speak, CHIME)
    await house.do(Announce(message="Dinner", language="en", player_ids=("kitchen",)))
    await house.pass_seconds(0)
    assert sounds(house, "kitchen") == ["Chime"]
    await end(house, "kitchen")
    assert sounds(house, "kitchen") == ["Dinner En"]
    assert events == ["announced Dinner Ada"]


async def test_a_doorbell_interrupts_the_dinner_call_which_is_made_again(house: House) -> None:
    await house.do(QueueAdd(player_id="bedroom", track_ids=("song",), play=True))
    await house.pass_seconds(1)
    await announce(house, "kitchen", "bedroom", priority="low")
    await announce(house, "kitchen", media="test/second", priority="low")
    await house.pass_seconds(1)
    sounds(house, "bedroom")
    assert sounds(house, "kitchen") == ["Dinner"]
    await announce(house, "kitchen", media=DOORBELL, priority="high")
    await house.pass_seconds(1)
    # The music goes on where no doorbell is heard.
    assert (sounds(house, "kitchen"), sounds(house, "bedroom")) == (["Doorbell"], ["Song"])
    await announce(house, "kitchen", media="test/normal")
    await end(house, "kitchen")
    assert sounds(house, "kitchen") == ["Normal"]
    await end(house, "kitchen")
    assert (sounds(house, "kitchen"), sounds(house, "bedroom")) == (["Dinner"], ["Dinner"])
    await end(house, "kitchen", "bedroom")
    assert (sounds(house, "kitchen"), sounds(house, "bedroom")) == (["Second"], ["Song"])


async def test_its_own_volume_is_set_back_afterwards(house: House) -> None:
    await house.do(VolumeCommand(player_id="kitchen", volume=0.2))
    await announce(house, "kitchen", volume=0.7)
    assert house.player("kitchen").volume == 0.7
    await end(house, "kitchen")
    assert house.player("kitchen").volume == 0.2


async def test_a_volume_that_a_user_sets_meanwhile_stays(house: House) -> None:
    await announce(house, "kitchen", volume=0.7)
    await house.do(VolumeCommand(player_id="kitchen", volume=0.5))
    await end(house, "kitchen")
    assert house.player("kitchen").volume == 0.5


async def test_the_volume_is_set_back_after_a_crash(house: House) -> None:
    await house.do(VolumeCommand(player_id="kitchen", volume=0.2))
    await announce(house, "kitchen", volume=0.7)
    again = await house.restart()
    assert again.player("kitchen").volume == 0.2
    await again.stop()


@pytest.mark.parametrize(
    ("rule", "wanted", "heard"),
    [
        ({"announcement_volume": 0.25}, 0.8, 0.25),
        ({"announcement_volume": 0.25}, None, 0.25),
        ({"max_volume": 0.3}, 0.8, 0.3),
        ({"max_volume": 0.3, "announcement_volume": 0.6}, 0.8, 0.6),
    ],
)
async def test_rules_limit_announcements(
    house: House, rule: dict[str, Any], wanted: float | None, heard: float
) -> None:
    await house.do(VolumeCommand(player_id="kitchen", volume=0.3))
    await house.hub.execute(SaveRule(name="Night", **rule), ADMIN)
    await announce(house, "kitchen", volume=wanted)
    assert house.player("kitchen").volume == heard
    await end(house, "kitchen")
    assert house.player("kitchen").volume == 0.3


async def test_a_rule_can_silence_announcements(house: House) -> None:
    await house.hub.execute(SaveRule(name="Nap", player_ids=("kids",), announcement_volume=0), ADMIN)
    with pytest.raises(RefusedByRule, match="Kids makes no announcements by the rule 'Nap'"):
        await announce(house, "kids")
    answer = await house.do(Announce(media_content_id=DINNER, everybody_awake=True))
    assert [each["player_id"] for each in answer["refused"]] == ["kids"]


async def test_everybody_awake_leaves_out_quiet_hours_without_music(house: House) -> None:
    await house.hub.execute(
        SaveRule(name="Quiet", player_ids=("bedroom", "kids"), begins="00:00", ends="23:59", max_volume=0.3), ADMIN
    )
    await house.do(QueueAdd(player_id="bedroom", track_ids=("song",), play=True))
    await house.pass_seconds(1)
    answer = await house.do(Announce(media_content_id=DINNER, everybody_awake=True))
    assert (answer["players"], answer["refused"]) == (["kitchen", "bedroom"], [])


async def test_it_is_repeated_until_it_is_acknowledged(house: House, events: list[str]) -> None:
    await announce(house, "kitchen", media=DOORBELL, repeat_seconds=30)
    for _ in range(3):
        await house.pass_seconds(1)
        await end(house, "kitchen")
        await house.pass_seconds(29)
    assert sounds(house, "kitchen") == ["Doorbell"] * 4
    (waiting,) = house.hub.household.state().announcements
    assert (waiting.text, waiting.repeats_left) == (DOORBELL, 7)
    await house.do(AcknowledgeAnnouncement(announcement_id=waiting.announcement_id))
    assert house.player("kitchen").announcement is None, "the one that plays is ended, too"
    await house.pass_seconds(300)
    assert sounds(house, "kitchen") == []
    assert house.hub.household.state().announcements == ()
    assert events == [f"announced {DOORBELL} Ada", f"acknowledged {DOORBELL} Ada"]
    await house.do(AcknowledgeAnnouncement())


async def test_repetition_ends_by_itself(house: House, events: list[str]) -> None:
    await announce(house, "kitchen", repeat_seconds=200, max_repeats=2)
    await house.pass_seconds(1_000)
    assert sounds(house, "kitchen") == ["Dinner"] * 3
    assert events[-1] == f"unanswered {DINNER} None"


async def test_a_restart_does_not_end_repetition(house: House) -> None:
    await announce(house, "kitchen", repeat_seconds=60)
    again = await house.restart(20)
    await again.pass_seconds(30)
    assert sounds(again, "kitchen") == []
    await again.pass_seconds(15)
    assert sounds(again, "kitchen") == ["Dinner"]
    await again.stop()


@pytest.mark.parametrize(
    "fields",
    [
        {"player_ids": ("kitchen",)},
        {"player_ids": ("kitchen",), "message": "Dinner", "media_content_id": DINNER},
        {"message": "Dinner"},
    ],
)
async def test_incomplete_and_contradictory_requests_are_refused(house: House, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        await house.do(Announce(**fields))


async def test_guests_make_no_announcements(house: House) -> None:
    with pytest.raises(PermissionDenied):
        await house.hub.execute(
            Announce(media_content_id=DINNER, everybody_awake=True), principal("guest:1", "listen", role="guest")
        )
