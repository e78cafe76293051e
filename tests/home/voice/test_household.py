"""Alarms and sleep timers by voice, in English and German."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.household import MusicSource
from tests.fixtures import BRASS, Advance
from tests.home.actions import play

from .conftest import Say

FAVOURITES = MusicSource(kind="favourites")


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [
        ("en", "sleep timer in the kitchen", "The music on Kitchen stops in 30 minutes."),
        ("en", "set a sleep timer for 20 minutes in the kitchen", "The music on Kitchen stops in 20 minutes."),
        ("en", "stop the music in ten minutes in the kitchen", "The music on Kitchen stops in 10 minutes."),
        (
            "de",
            "stell einen Schlummertimer auf 20 Minuten in der Kitchen",
            "Die Musik auf Kitchen hält in 20 Minuten an.",
        ),
    ],
)
async def test_sleep_timers(hass: HomeAssistant, hub: Hub, say: Say, language: str, text: str, answer: str) -> None:
    assert (await say(text, language=language)).text == answer
    (timer,) = hub.household.sleep_timers
    assert timer.player_id == "kitchen"
    cancel = {"en": "cancel the sleep timer in the kitchen", "de": "lösche den Schlummertimer in der Kitchen"}
    await say(cancel[language], language=language)
    assert not list(hub.household.sleep_timers)


async def test_music_stops_after_the_song(hass: HomeAssistant, hub: Hub, say: Say) -> None:
    await play(hass, BRASS)
    assert (await say("stop the music after this song")).text == "The music on Kitchen stops after this track."
    (timer,) = hub.household.sleep_timers
    assert timer.until == "track"


@pytest.mark.parametrize(
    ("language", "text", "time", "sources"),
    [
        ("en", "wake me at seven with jazz in the kitchen", "07:00", (MusicSource(query="jazz"), FAVOURITES)),
        ("en", "wake me up in the kitchen at 6 45", "06:45", (FAVOURITES,)),
        ("de", "weck mich um sieben Uhr mit Jazz in der Kitchen", "07:00", (MusicSource(query="jazz"), FAVOURITES)),
        ("de", "wecke mich in der Kitchen um 6 Uhr 45", "06:45", (FAVOURITES,)),
    ],
)
async def test_alarms(
    hub: Hub, say: Say, language: str, text: str, time: str, sources: tuple[MusicSource, ...]
) -> None:
    answer = (await say(text, language=language)).text
    (alarm,) = hub.household.alarms
    assert (alarm.player_id, alarm.time, alarm.days) == ("kitchen", time, ())
    found = tuple(MusicSource(query=source.query.lower()) if source.query else source for source in alarm.sources)
    assert found == sources
    assert time in answer


async def test_an_alarm_is_snoozed_and_stopped(hass: HomeAssistant, hub: Hub, say: Say, advance: Advance) -> None:
    assert (await say("snooze")).text == "No alarm is ringing."
    await say("wake me at seven in the kitchen")
    (alarm,) = hub.household.alarms
    at = hub.household.alarms.next_at(alarm.alarm_id)
    assert at is not None
    hub.household.alarms.due.emit(alarm, at)
    assert (await say("snooze for 5 minutes")).text == "Snoozed."
    assert hub.household.ringing.phase(alarm.alarm_id) == "snoozed"
    assert (await say("beende den Wecker", language="de")).text == "Der Wecker ist aus."
    assert hub.household.ringing.phase(alarm.alarm_id) == "idle"
