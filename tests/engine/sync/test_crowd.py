"""The synchronisation of two hundred simulated players in a room."""

from statistics import median

from tests.engine.fakes import SECOND, chance

from .crowd import Crowd, Member, Schedule, at_home, hostile
from .worlds import LocalClock, Network

MEMBERS = 200


def test_members_at_home_start_and_stay_in_sync() -> None:
    crowd = Crowd()
    crowd.fill(MEMBERS, at_home)
    crowd.schedule.run(30)
    crowd.play()
    crowd.schedule.run(crowd.playback.lead_us() / SECOND + 0.05)
    start = crowd.errors()
    assert len(start) == MEMBERS
    assert not any(member.began_late for member in crowd.members)
    assert max(start) - min(start) < 0.003
    assert crowd.worst(120) < 0.0025
    assert median(map(abs, crowd.errors())) < 0.001


def test_members_on_bad_networks_stay_in_sync() -> None:
    crowd = Crowd()
    crowd.fill(MEMBERS, hostile)
    crowd.schedule.run(60)
    crowd.play()
    crowd.schedule.run(5)
    # Half of each member's asymmetry can't be measured, and remains as an error.
    assert crowd.worst(300) < 0.005 + 0.012
    errors = sorted(map(abs, crowd.errors()))
    assert errors[int(0.95 * MEMBERS)] < 0.008


def test_no_member_starts_late() -> None:
    crowd = Crowd()
    crowd.fill(
        MEMBERS, lambda number, schedule: Member(schedule, network=Network(50_000, random=chance(number)), lead_ms=80)
    )
    crowd.schedule.run(30)
    crowd.play()
    crowd.schedule.run(3)
    assert not any(member.silent or member.began_late for member in crowd.members)


def test_late_joiner_starts_at_the_live_position() -> None:
    crowd = Crowd()
    crowd.fill(10, at_home)
    crowd.schedule.run(20)
    crowd.play()
    crowd.schedule.run(60)
    late = crowd.join(at_home(99, crowd.schedule))
    crowd.schedule.run(1)
    assert late.began_late
    assert abs(late.position() - crowd.playback.timeline.position_at(crowd.now_us)) < 0.004
    crowd.schedule.run(2)
    assert crowd.worst(60) < 0.0025


def test_pause_and_seek_are_simultaneous() -> None:
    crowd = Crowd()
    crowd.fill(MEMBERS, hostile)
    crowd.schedule.run(60)
    crowd.play()
    crowd.schedule.run(30)
    crowd.playback.seek(crowd.now_us, 1_000)
    crowd.schedule.run(5)
    assert crowd.worst(20) < 0.017
    crowd.playback.pause(crowd.now_us)
    silent: dict[Member, float] = {}
    while len(silent) < MEMBERS:
        crowd.schedule.run(0.001)
        silent |= {member: crowd.schedule.now_us for member in crowd.members if member.silent and member not in silent}
    in_time = [us for member, us in silent.items() if not member.began_late]
    assert max(in_time) - min(in_time) < 0.05 * SECOND
    # The others were told too late by a lost packet, and obey at once.
    assert len(in_time) > 0.8 * MEMBERS


def test_jumped_clock_recovers_at_the_next_burst() -> None:
    def jumpy(number: int, schedule: Schedule) -> Member:
        random = chance(number)
        jumps = ((70 * SECOND + number * 10_000, random.choice((-1, 1)) * random.uniform(12_000, 10**9)),)
        return Member(schedule, LocalClock(20, jumps=jumps), Network(random=random))

    crowd = Crowd()
    crowd.fill(50, jumpy)
    crowd.schedule.run(20)
    crowd.play()
    crowd.schedule.run(40)
    assert crowd.worst(5) < 0.003
    crowd.schedule.run(20)
    assert crowd.worst(60) < 0.003


def test_reconnected_player_returns_to_the_live_position() -> None:
    crowd = Crowd()
    crowd.fill(5, at_home)
    crowd.schedule.run(20)
    crowd.play()
    crowd.schedule.run(10)
    (lost, *_) = crowd.members
    crowd.members.remove(lost)
    crowd.playback.seek(crowd.now_us, 500)
    crowd.schedule.run(30)
    crowd.join(lost)
    crowd.schedule.run(1)
    assert abs(lost.position() - crowd.playback.timeline.position_at(crowd.now_us)) < 0.004
