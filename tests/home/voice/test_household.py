"""Sentences for sleep timers and alarms."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.household import (
    AcknowledgeAnnouncement,
    Announce,
    CancelSleepTimer,
    DeleteAlarm,
    DismissAlarm,
    MusicSource,
    SaveAlarm,
)
from custom_components.moosicbox.engine.protocol.types import Chapter
from custom_components.moosicbox.voice.household_commands import minutes_of_day
from tests.fixtures import BRASS, Advance
from tests.home.actions import next_command, play, report
from tests.wire.client import Client

from .conftest import Say, start_over

SLEEP = [
    ("en", "stop the music in 30 minutes", 30),
    ("en", "turn the music off in an hour", 60),
    ("en", "turn off the music in the kitchen in two hours", 120),
    ("en", "set a sleep timer for twenty minutes in the kitchen", 20),
    ("en", "set a sleep timer", 30),
    ("de", "stoppe die Musik in 30 Minuten", 30),
    ("de", "schalte die Musik in einer Stunde aus", 60),
    ("de", "mach die Musik in der Küche in einer halben Stunde aus", 30),
    ("de", "Sleeptimer auf fünfundvierzig Minuten", 45),
    ("de", "stell einen Sleeptimer", 30),
]


async def test_the_music_stops_later(hass: HomeAssistant, say: Say, hub: Hub, subtests: pytest.Subtests) -> None:
    for language, sentence, minutes in SLEEP:
        with subtests.test(sentence, language=language):
            await hub.execute(CancelSleepTimer(player_id="kitchen"))
            await play(hass, BRASS)
            assert str(minutes) in (await say(sentence, language)).text
            [timer] = hub.household.sleep_timers
            assert (timer.player_id, timer.minutes) == ("kitchen", minutes)
            await say("cancel the sleep timer" if language == "en" else "Sleeptimer aus", language)
            assert list(hub.household.sleep_timers) == []


SLEEP_AFTER = [
    ("en", "stop the music after this song", "track"),
    ("en", "turn off the music at the end of this album", "album"),
    ("en", "stop the music after this chapter", "chapter"),
    ("de", "stoppe die Musik nach diesem Kapitel", "chapter"),
    ("de", "stoppe die Musik nach diesem Lied", "track"),
    ("de", "mach die Musik nach diesem Album aus", "album"),
]


async def test_the_music_stops_after_what_plays(
    hass: HomeAssistant, say: Say, hub: Hub, subtests: pytest.Subtests
) -> None:
    for language, sentence, until in SLEEP_AFTER:
        with subtests.test(sentence, language=language):
            await hub.execute(CancelSleepTimer(player_id="kitchen"))
            await play(hass, BRASS)
            playback = hub.players.get("kitchen").playback
            assert playback.current is not None
            playback.set_chapters(playback.current.queue_item_id, (Chapter(title="One", start=0),), hub.clock.now_us())
            await say(sentence, language)
            assert [timer.until for timer in hub.household.sleep_timers] == [until]


CHAPTERS = [
    ("en", "next chapter in the kitchen", "go to the previous chapter"),
    ("de", "nächstes Kapitel in der Küche", "ein Kapitel zurück"),
]


async def test_chapters_are_gone_to(
    hass: HomeAssistant, say: Say, hub: Hub, kitchen: Client, subtests: pytest.Subtests
) -> None:
    for language, forth, back in CHAPTERS:
        with subtests.test(forth, language=language):
            await play(hass, BRASS)
            playback = hub.players.get("kitchen").playback
            assert playback.current is not None
            chapters = (Chapter(title="One", start=0, end=2), Chapter(title="Two", start=2))
            playback.set_chapters(playback.current.queue_item_id, chapters, hub.clock.now_us())
            assert (await say(forth, language)).text.endswith(" 2: Two.")
            assert (await say(back, language)).text.endswith(" 1: One.")


async def delete_alarms(hub: Hub) -> None:
    for alarm in list(hub.household.alarms):
        await hub.execute(DeleteAlarm(alarm_id=alarm.alarm_id))


ALARMS = [
    ("en", "wake me up at 7:30 in the kitchen", "07:30", "favourites"),
    ("en", "wake me in the kitchen at half past six in the evening", "18:30", "favourites"),
    ("en", "set an alarm for 6 15 in the kitchen with Paper Lantern", "06:15", "track"),
    ("de", "weck mich um 7 Uhr 30 in der Küche", "07:30", "favourites"),
    ("de", "wecke mich in der Küche um halb acht", "07:30", "favourites"),
    ("de", "stell den Wecker in der Küche auf 6:15 Uhr mit Paper Lantern", "06:15", "track"),
]


async def test_an_alarm_is_set(say: Say, hub: Hub, subtests: pytest.Subtests) -> None:
    for language, sentence, time, kind in ALARMS:
        with subtests.test(sentence, language=language):
            await delete_alarms(hub)
            assert time in (await say(sentence, language)).text
            [alarm] = hub.household.alarms
            assert (alarm.player_id, alarm.time, alarm.days) == ("kitchen", time, ())
            assert [source.kind for source in alarm.sources] == [kind]


async def test_an_alarm_without_a_time_or_with_unknown_music_is_not_set(say: Say, hub: Hub) -> None:
    assert "didn't understand" in (await say("wake me at dawn in the kitchen")).text
    assert "Bohemian" in (await say("wake me at 7 in the kitchen with Bohemian Rhapsody")).text
    assert list(hub.household.alarms) == []


RINGING = [("en", "snooze the alarm", "stop the alarm"), ("de", "noch fünf Minuten", "mach den Wecker aus")]


async def test_an_alarm_is_snoozed_and_dismissed(
    hass: HomeAssistant, say: Say, hub: Hub, clients: dict[str, Client], advance: Advance, subtests: pytest.Subtests
) -> None:
    music = MusicSource(media_content_id=BRASS)
    hub.household.set_time_zone("UTC")
    for language, snooze, dismiss in RINGING:
        with subtests.test(snooze, dismiss=dismiss, language=language):
            await hub.execute(DismissAlarm())
            await delete_alarms(hub)
            await start_over(hass)
            assert (await say(snooze, language)).text in ("No alarm is ringing.", "Es klingelt kein Wecker.")
            at = hub.clock.utc() + timedelta(seconds=5)
            await hub.execute(SaveAlarm(player_id="kitchen", name="Work", time=f"{at:%H:%M:%S}", sources=(music,)))
            await clients["kitchen"].arrived()
            await advance(6)
            await report(clients["kitchen"], "playing", await next_command(clients["kitchen"]))
            [ringing] = hub.household.ringing.active()
            await say(snooze, language)
            assert hub.household.ringing.phase(ringing.alarm_id) == "snoozed"
            await say(dismiss, language)
            assert hub.household.ringing.active() == []


@pytest.mark.parametrize(
    ("slots", "minutes"),
    [
        ({"hour": "7"}, 420),
        ({"hour": "7", "period": "pm"}, 1140),
        ({"hour": "12", "period": "am"}, 0),
        ({"hour": "12", "period": "pm"}, 720),
        ({"hour": "24"}, 0),
        ({"half_to": "8"}, 450),
        ({"half_past": "7", "period": "pm"}, 1170),
    ],
)
def test_times_of_the_day(slots: dict[str, str], minutes: int) -> None:
    assert minutes_of_day(slots) == minutes


ACKNOWLEDGED = [("en", "acknowledge the announcement"), ("de", "bestätige die Durchsage"), ("de", "ich komme")]


async def test_an_announcement_is_acknowledged(say: Say, hub: Hub, subtests: pytest.Subtests) -> None:
    for language, sentence in ACKNOWLEDGED:
        with subtests.test(sentence, language=language):
            await hub.execute(AcknowledgeAnnouncement())
            assert (await say(sentence, language)).text in ("No announcement is waiting.", "Keine Durchsage wartet.")
            await hub.execute(Announce(media_content_id=BRASS, player_ids=("kitchen",), repeat_seconds=60))
            await say(sentence, language)
            assert list(hub.household.announcer) == []


SIMILAR = [("en", "play more like this"), ("de", "spiel mehr wie dieses Lied")]


async def test_similar_music_follows_the_song(
    hass: HomeAssistant, say: Say, hub: Hub, subtests: pytest.Subtests
) -> None:
    for language, sentence in SIMILAR:
        with subtests.test(sentence, language=language):
            playback = hub.players.get("kitchen").playback
            playback.set_modes(shuffle=None, repeat=None, autoplay=False)
            await play(hass, BRASS)
            assert "Brass Morning" in (await say(sentence, language)).text
            assert playback.autoplay
