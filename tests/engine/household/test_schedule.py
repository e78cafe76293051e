"""Local times on days of the week, across changes of daylight saving time."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.household.schedule import DAYS, is_within, next_occurrence, time_zone

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("clock", "days", "after", "expected"),
    [
        ("07:00", (), "2026-11-28T06:59:59", "2026-11-28T07:00"),
        ("07:00", (), "2026-11-28T07:00", "2026-11-29T07:00"),
        ("07:00", ("mon", "tue"), "2026-11-28T12:00", "2026-11-30T07:00"),
        ("07:00", ("sat",), "2026-11-28T07:00:01", "2026-12-05T07:00"),
        # The change to summer time skips 02:30.
        ("02:30", (), "2026-03-29T00:00", "2026-03-29T03:30"),
        ("07:00", (), "2026-03-28T08:00", "2026-03-29T07:00"),
        # The change back repeats 02:30; the first one counts.
        ("02:30", (), "2026-10-25T00:00", "2026-10-25T02:30"),
        ("02:30", (), "2026-10-25T02:30", "2026-10-26T02:30"),
        ("07:00", (), "2026-10-24T08:00", "2026-10-25T07:00"),
    ],
)
def test_next_occurrence(clock: str, days: tuple[str, ...], after: str, expected: str) -> None:
    assert next_occurrence(time.fromisoformat(clock), days, BERLIN, at(after)) == at(expected)


@given(
    st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    st.sets(st.sampled_from(DAYS)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.floats(min_value=0, max_value=4e9),
)
def test_an_occurrence_is_later_and_within_eight_days(clock: time, days: set[str], name: str, after: float) -> None:
    zone = time_zone(name)
    found = next_occurrence(clock, days, zone, after)
    assert after < found <= after + 9 * 86_400
    local = datetime.fromtimestamp(found, zone)
    if local.time() == clock:
        assert not days or DAYS[local.weekday()] in days
    assert next_occurrence(clock, days, zone, found) > found


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T21:59", False),
        ("2026-11-27T22:00", True),
        ("2026-11-28T06:59", True),
        ("2026-11-28T07:00", False),
        ("2026-11-28T23:00", False),
        ("2026-11-29T03:00", False),
    ],
)
def test_hours_may_pass_midnight(moment: str, expected: bool) -> None:
    """They begin on Fridays only."""
    assert is_within(at(moment), time(22), time(7), ("fri",), BERLIN) is expected


def test_equal_times_are_the_whole_day() -> None:
    assert is_within(at("2026-11-28T12:00"), time(0), time(0), (), BERLIN)


def test_an_unknown_zone_is_utc() -> None:
    assert time_zone("Nowhere/Land") is UTC
    assert time_zone("../etc") is UTC
