"""When an alarm is due: at a local time on some days of the week, in a time zone with daylight saving time.

A time that the change to summer time skips is an hour later; a time that the change back repeats counts once.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def time_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name; UTC if this computer doesn't know it. May read a file."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError:
        return UTC


def occurrence(day: date, at: time, zone: tzinfo) -> float:
    """Return the Unix time of a local time on a day."""
    return datetime.combine(day, at, zone).timestamp()


def next_occurrence(at: time, days: Collection[str], zone: tzinfo, after: float) -> float:
    """Return the first occurrence later than the Unix time `after`; without `days`, on any day."""
    day = datetime.fromtimestamp(after, zone).date() - timedelta(days=1)
    while True:
        if not days or DAYS[day.weekday()] in days:
            found = occurrence(day, at, zone)
            if found > after:
                return found
        day += timedelta(days=1)


def is_within(moment: float, start: time, end: time, days: Collection[str], zone: tzinfo) -> bool:
    """Return whether a Unix time lies in the daily hours from `start` to `end`, which may pass midnight.

    `days` are those on which the hours begin; none means all. Equal times mean the whole day.
    """
    local = datetime.fromtimestamp(moment, zone)
    clock = local.time()
    begins = local.date()
    if start >= end and clock < end:
        begins -= timedelta(days=1)
    elif clock < start or (start < end and clock >= end):
        return False
    return not days or DAYS[begins.weekday()] in days
