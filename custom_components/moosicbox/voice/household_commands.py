"""Spoken commands for alarms and sleep timers."""

from ..contexts import context_fields
from ..engine.api import CancelSleepTimer, DismissAlarm, MusicSource, SaveAlarm, SetSleepTimer, SnoozeAlarm
from .request import Answer, VoiceRequest

DEFAULT_SLEEP_MINUTES = 30


async def sleep_timer(request: VoiceRequest) -> str:
    """Stop the music after some minutes."""
    context = request.one()
    minutes = int(request.slots.get("minutes", DEFAULT_SLEEP_MINUTES))
    await request.execute(SetSleepTimer(**context_fields(context), minutes=minutes))
    return request.say("sleep_timer_set", where=context.name, minutes=minutes)


async def sleep_timer_track(request: VoiceRequest) -> str:
    """Stop the music at the end of the track."""
    context = request.playing()
    await request.execute(SetSleepTimer(**context_fields(context), until="track"))
    return request.say("sleep_timer_track_set", where=context.name)


async def cancel_sleep_timer(request: VoiceRequest) -> str:
    context = request.one()
    await request.execute(CancelSleepTimer(**context_fields(context)))
    return request.say("sleep_timer_cancelled", where=context.name)


async def wake_me(request: VoiceRequest) -> str:
    """Add an alarm that rings once."""
    context = request.one()
    hour, minute = int(request.slots["hour"]), int(request.slots.get("minute", 0))
    favourites = MusicSource(kind="favourites")
    query = request.slots.get("query")
    sources = (favourites,) if query is None else (MusicSource(query=query), favourites)
    time = f"{hour:02}:{minute:02}"
    await request.execute(SaveAlarm(**context_fields(context), time=time, sources=sources))
    return request.say("alarm_set", where=context.name, time=time)


async def snooze(request: VoiceRequest) -> str:
    """Silence all alarms that ring."""
    _require_alarm(request)
    minutes = request.slots.get("minutes")
    await request.execute(SnoozeAlarm(minutes=None if minutes is None else int(minutes)))
    return request.say("snoozed")


async def stop_alarm(request: VoiceRequest) -> str:
    """End all alarms that ring or are snoozed."""
    _require_alarm(request)
    await request.execute(DismissAlarm())
    return request.say("alarm_stopped")


def _require_alarm(request: VoiceRequest) -> None:
    if not request.data.hub.household.ringing.active():
        raise Answer(request.say("no_alarm"))
