"""Spoken commands for sleep timers, alarms and announcements."""

from collections.abc import Mapping
from typing import Final

import msgspec

from ..contexts import context_fields
from ..engine.api import (
    AcknowledgeAnnouncement,
    CancelSleepTimer,
    DismissAlarm,
    MusicSource,
    SaveAlarm,
    SetSleepTimer,
    SnoozeAlarm,
)
from ..library_ids import library_id_of, source_of
from .music import async_find, certain
from .request import SpokenAnswer, VoiceRequest

HOUR: Final = 60
DAY: Final = 24 * HOUR
"""In minutes."""


async def sleep(request: VoiceRequest) -> str:
    """Stop the music in some minutes or hours; half an hour without any."""
    context, slots = request.one(), request.slots
    minutes = int(slots["hours"]) * HOUR if "hours" in slots else int(slots.get("minutes", "30"))
    await request.execute(SetSleepTimer(**context_fields(context), minutes=minutes))
    return request.say("sleeps_in", minutes=minutes, where=context.name)


async def sleep_hour(request: VoiceRequest) -> str:
    context = request.one()
    await request.execute(SetSleepTimer(**context_fields(context), minutes=HOUR))
    return request.say("sleeps_in", minutes=HOUR, where=context.name)


async def sleep_after_track(request: VoiceRequest) -> str:
    context = request.playing()
    await request.execute(SetSleepTimer(**context_fields(context), until="track"))
    return request.say("sleeps_after_track", where=context.name)


async def sleep_after_album(request: VoiceRequest) -> str:
    context = request.playing()
    await request.execute(SetSleepTimer(**context_fields(context), until="album"))
    return request.say("sleeps_after_album", where=context.name)


async def sleep_after_chapter(request: VoiceRequest) -> str:
    context = request.playing()
    await request.execute(SetSleepTimer(**context_fields(context), until="chapter"))
    return request.say("sleeps_after_chapter", where=context.name)


async def cancel_sleep(request: VoiceRequest) -> str:
    context = request.one()
    await request.execute(CancelSleepTimer(**context_fields(context)))
    return request.say("sleep_cancelled", where=context.name)


async def wake(request: VoiceRequest) -> str:
    """Add an alarm that rings once, with the music that is named, or with the favourites."""
    minutes, context = minutes_of_day(request.slots), request.one()
    time, name = f"{minutes // HOUR:02}:{minutes % HOUR:02}", request.say("alarm_name")
    source, what = MusicSource(kind="favourites"), request.say("your_favourites")
    if (query := request.slots.get("query")) is not None:
        item = certain(request, await async_find(request, query), query, context)
        source, what = msgspec.convert(source_of(library_id_of(item)), MusicSource), request.item(item)
    await request.execute(SaveAlarm(**context_fields(context), name=name, time=time, sources=(source,)))
    return request.with_remark(context, request.say("wakes", time=time, what=what, where=context.name))


async def snooze(request: VoiceRequest) -> str:
    _require_ringing(request)
    await request.execute(SnoozeAlarm())
    return request.say("snoozed")


async def dismiss(request: VoiceRequest) -> str:
    _require_ringing(request)
    await request.execute(DismissAlarm())
    return request.say("dismissed")


async def acknowledge(request: VoiceRequest) -> str:
    """End all announcements that are repeated."""
    if not list(request.data.hub.household.announcer):
        raise SpokenAnswer(request.say("no_announcement"))
    await request.execute(AcknowledgeAnnouncement())
    return request.say("acknowledged")


def _require_ringing(request: VoiceRequest) -> None:
    if not request.data.hub.household.ringing.active():
        raise SpokenAnswer(request.say("no_alarm"))


def minutes_of_day(slots: Mapping[str, str]) -> int:
    """Return a spoken time of the day, in minutes after midnight."""
    if "half_to" in slots:
        minutes = int(slots["half_to"]) * HOUR - 30
    elif "half_past" in slots:
        minutes = int(slots["half_past"]) * HOUR + 30
    else:
        minutes = int(slots["hour"]) * HOUR + int(slots.get("minute", "0"))
    match slots.get("period"):
        case "pm" if minutes < DAY // 2:
            minutes += DAY // 2
        case "am" if minutes >= DAY // 2:
            minutes -= DAY // 2
    return minutes % DAY
