"""Announcements: the players that make them, priorities, volumes, the chime, and repetition until they are acknowledged."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.moosicbox.engine.household.announcer import MAX_REPEATED
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

from .stage import HouseholdStage

ADMIN = principal("admin", role="admin")
DINNER, DOORBELL = "test/dinner", "test/doorbell"
CHIME = Media(track=track("chime", 1.0), source="/chime.flac")


@pytest.fixture
async def stage() -> AsyncGenerator[HouseholdStage]:
    stage = HouseholdStage("kitchen", "bedroom", "kids")
    await stage.start()
    yield stage
    await stage.stop()


@pytest.fixture
def events(stage: HouseholdStage) -> list[str]:
    fired: list[str] = []
    stage.hub.household.announcer.happened.subscribe(
        lambda _id, text, kind, user: fired.append(f"{kind} {text} {user}")
    )
    return fired


def sounds(stage: HouseholdStage, name: str) -> list[str]:
    """Return what a player was commanded to play since the last call, announcements included."""
    messages, stage.received[name] = stage.received.get(name, []), []
    return [
        message["track"]["title"]
        for message in messages
        if message["type"] == "synchronized_playback" and message["command"] == "play"
    ]


async def announce(
    stage: HouseholdStage, *player_ids: str, media: str = DINNER, chime: bool = False, **fields: Any
) -> Any:
    return await stage.do(Announce(media_content_id=media, player_ids=player_ids, chime=chime, **fields))


async def end(stage: HouseholdStage, *names: str) -> None:
    """Report the end of what players announce."""
    for name in names:
        order = stage.player(name).announcement
        assert order is not None
        assert order.item is not None
        await stage.do(
            PlayerReport(
                state="idle", position_seconds=0, at_us=stage.clock.now_us(), queue_item_id=order.item.queue_item_id
            ),
            name,
        )
    await stage.pass_seconds(0)


async def test_the_answer_names_the_players_that_announce_and_those_that_refuse(stage: HouseholdStage) -> None:
    stage.lose("kids")
    stage.hub.players.set_volume(stage.player("bedroom"), None, muted=True)
    answer = await announce(stage, "kitchen", "kids", "bedroom", "attic")
    assert answer["players"] == ["kitchen"]
    assert [(each["player_id"], each["error"], each["message"]) for each in answer["refused"]] == [
        ("attic", "player_not_found", "There is no player attic"),
        ("kids", "unavailable", "Kids isn't connected"),
        ("bedroom", "unavailable", "Bedroom is muted"),
    ]
    with pytest.raises(Unavailable, match="Kids isn't connected"):
        await announce(stage, "kids")


async def test_a_room_announces_together_and_its_music_continues(stage: HouseholdStage) -> None:
    await stage.do(RoomCreate(name="Party", id="party", wait="none"), "kitchen")
    await stage.do(RoomJoin(room_id="party"), "bedroom")
    await stage.do(QueueAdd(room_id="party", track_ids=("song",), play=True), "kitchen")
    await stage.pass_seconds(5)
    answer = await stage.do(Announce(media_content_id=DINNER, room_ids=("party",), player_ids=("kids",), chime=False))
    assert answer["players"] == ["kids", "kitchen", "bedroom"]
    await stage.pass_seconds(1)
    assert not stage.room("party").playback.is_active
    await end(stage, "kitchen", "bedroom", "kids")
    assert stage.room("party").playback.is_active


async def test_a_chime_comes_before(stage: HouseholdStage, events: list[str]) -> None:
    async def speak(request: Announce) -> str:
        return f"speech/{request.message} {request.language}"

    with pytest.raises(NotSupported):
        await stage.do(Announce(message="Dinner", player_ids=("kitchen",)))
    stage.hub.household.announcer.connect_host(speak, CHIME)
    await stage.do(Announce(message="Dinner", language="en", player_ids=("kitchen",)))
    await stage.pass_seconds(0)
    assert sounds(stage, "kitchen") == ["Chime"]
    await end(stage, "kitchen")
    assert sounds(stage, "kitchen") == ["Dinner En"]
    assert events == ["announced Dinner Ada"]


async def test_a_doorbell_interrupts_the_dinner_call_which_is_made_again(stage: HouseholdStage) -> None:
    await stage.do(QueueAdd(player_id="bedroom", track_ids=("song",), play=True))
    await stage.pass_seconds(1)
    await announce(stage, "kitchen", "bedroom", priority="low")
    await announce(stage, "kitchen", media="test/second", priority="low")
    await stage.pass_seconds(1)
    sounds(stage, "bedroom")
    assert sounds(stage, "kitchen") == ["Dinner"]
    await announce(stage, "kitchen", media=DOORBELL, priority="high")
    await stage.pass_seconds(1)
    # The music goes on where no doorbell is heard.
    assert (sounds(stage, "kitchen"), sounds(stage, "bedroom")) == (["Doorbell"], ["Song"])
    await announce(stage, "kitchen", media="test/normal")
    await end(stage, "kitchen")
    assert sounds(stage, "kitchen") == ["Normal"]
    await end(stage, "kitchen")
    assert (sounds(stage, "kitchen"), sounds(stage, "bedroom")) == (["Dinner"], ["Dinner"])
    await end(stage, "kitchen", "bedroom")
    assert (sounds(stage, "kitchen"), sounds(stage, "bedroom")) == (["Second"], ["Song"])


async def test_its_own_volume_is_set_back_afterwards(stage: HouseholdStage) -> None:
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.2))
    await announce(stage, "kitchen", volume=0.7)
    assert stage.player("kitchen").volume == 0.7
    await end(stage, "kitchen")
    assert stage.player("kitchen").volume == 0.2


async def test_a_volume_that_a_user_sets_meanwhile_stays(stage: HouseholdStage) -> None:
    await announce(stage, "kitchen", volume=0.7)
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.5))
    await end(stage, "kitchen")
    assert stage.player("kitchen").volume == 0.5


async def test_the_volume_is_set_back_after_a_crash(stage: HouseholdStage) -> None:
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.2))
    await announce(stage, "kitchen", volume=0.7)
    again = await stage.restart()
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
    stage: HouseholdStage, rule: dict[str, Any], wanted: float | None, heard: float
) -> None:
    await stage.do(VolumeCommand(player_id="kitchen", volume=0.3))
    await stage.hub.execute(SaveRule(name="Night", **rule), ADMIN)
    await announce(stage, "kitchen", volume=wanted)
    assert stage.player("kitchen").volume == heard
    await end(stage, "kitchen")
    assert stage.player("kitchen").volume == 0.3


async def test_a_rule_can_silence_announcements(stage: HouseholdStage) -> None:
    await stage.hub.execute(SaveRule(name="Nap", player_ids=("kids",), announcement_volume=0), ADMIN)
    with pytest.raises(RefusedByRule, match="Kids makes no announcements by the rule 'Nap'"):
        await announce(stage, "kids")
    answer = await stage.do(Announce(media_content_id=DINNER, everybody_awake=True))
    assert [each["player_id"] for each in answer["refused"]] == ["kids"]


async def test_everybody_awake_leaves_out_quiet_hours_without_music(stage: HouseholdStage) -> None:
    await stage.hub.execute(
        SaveRule(name="Quiet", player_ids=("bedroom", "kids"), begins="00:00", ends="23:59", max_volume=0.3), ADMIN
    )
    await stage.do(QueueAdd(player_id="bedroom", track_ids=("song",), play=True))
    await stage.pass_seconds(1)
    answer = await stage.do(Announce(media_content_id=DINNER, everybody_awake=True))
    assert (answer["players"], answer["refused"]) == (["kitchen", "bedroom"], [])


async def test_it_is_repeated_until_it_is_acknowledged(stage: HouseholdStage, events: list[str]) -> None:
    await announce(stage, "kitchen", media=DOORBELL, repeat_seconds=30)
    for _ in range(3):
        await stage.pass_seconds(1)
        await end(stage, "kitchen")
        await stage.pass_seconds(29)
    assert sounds(stage, "kitchen") == ["Doorbell"] * 4
    (waiting,) = stage.hub.household.state().announcements
    assert (waiting.text, waiting.repeats_left) == (DOORBELL, 7)
    await stage.do(AcknowledgeAnnouncement(announcement_id=waiting.announcement_id))
    assert stage.player("kitchen").announcement is None, "the one that plays is ended, too"
    await stage.pass_seconds(300)
    assert sounds(stage, "kitchen") == []
    assert stage.hub.household.state().announcements == ()
    assert events == [f"announced {DOORBELL} Ada", f"acknowledged {DOORBELL} Ada"]
    await stage.do(AcknowledgeAnnouncement())


async def test_repetition_ends_by_itself(stage: HouseholdStage, events: list[str]) -> None:
    await announce(stage, "kitchen", repeat_seconds=200, max_repeats=2)
    await stage.pass_seconds(1_000)
    assert sounds(stage, "kitchen") == ["Dinner"] * 3
    assert events[-1] == f"unanswered {DINNER} None"


async def test_repeated_announcements_are_bounded_even_if_they_come_together(stage: HouseholdStage) -> None:
    stage.harness.media.hold()
    names = [stage.names[number % 3] for number in range(MAX_REPEATED + 2)]
    requests = [asyncio.create_task(announce(stage, name, repeat_seconds=60)) for name in names]
    await stage.pass_seconds(0)
    stage.harness.media.release()
    results = await asyncio.gather(*requests, return_exceptions=True)
    assert [type(result) for result in results if isinstance(result, Exception)] == [Unavailable] * 2
    assert len(stage.hub.household.state().announcements) == MAX_REPEATED


async def test_a_repetition_without_its_media_is_logged(
    stage: HouseholdStage, caplog: pytest.LogCaptureFixture
) -> None:
    await announce(stage, "kitchen", repeat_seconds=60)
    await stage.pass_seconds(1)
    await end(stage, "kitchen")
    stage.hub.media_resolver._cache.drop(DINNER)
    stage.harness.media.missing.add(DINNER)
    await stage.pass_seconds(60)
    assert "An announcement isn't repeated" in caplog.text


async def test_a_restart_does_not_end_repetition(stage: HouseholdStage) -> None:
    await announce(stage, "kitchen", repeat_seconds=60)
    again = await stage.restart(20)
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
async def test_incomplete_and_contradictory_requests_are_refused(stage: HouseholdStage, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        await stage.do(Announce(**fields))


async def test_guests_make_no_announcements(stage: HouseholdStage) -> None:
    with pytest.raises(PermissionDenied):
        await stage.hub.execute(
            Announce(media_content_id=DINNER, everybody_awake=True), principal("guest:1", "listen", role="guest")
        )
