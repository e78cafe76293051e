"""The vectors that clock filters and drift controllers are tested with: `python -m tests.engine.sync.vectors` writes them.

A clock vector has the probes of some bursts and, after each burst, the expected estimate beside the true time. A drift
vector has measured errors and, after each, the expected correction.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from custom_components.moosicbox.engine.sync.clock_filter import ClockFilter, best_of, sample_of
from custom_components.moosicbox.engine.sync.drift import COARSE, EXACT
from tests.engine.fakes import SECOND, chance

from .sound import Sound
from .worlds import LocalClock, Network, burst

CLOCK = Path(__file__).parents[2] / "golden" / "clock"
DRIFT = Path(__file__).parents[2] / "golden" / "drift"
PRECISIONS = {"exact": EXACT, "coarse": COARSE}
STEPS = 120


@dataclass
class Case:
    """A sequence of bursts with one clock and network."""

    why: str
    clock: LocalClock
    network: Network
    bound_us: float
    """The largest allowed error of the estimate, from burst `settled` on."""
    settled: int = 5
    bursts: int = 30
    unsettled: tuple[int, ...] = ()
    """Bursts after which the error may be larger for a moment."""
    restart_at: int | None = None
    """The burst before which the hub restarts with another clock."""


CASES = {
    "lan": Case("A home network; the clocks differ by 40 ppm", LocalClock(40), Network(random=chance(1)), 1_000),
    "slow": Case(
        "50 ms of jitter each way, 100 ppm, every twelfth probe lost",
        LocalClock(100),
        Network(jitter_us=50_000, loss=1 / 12, random=chance(2)),
        10_000,
    ),
    "asymmetric": Case(
        "The way back takes 6 ms longer: half of that can't be seen",
        LocalClock(-60),
        Network(asymmetry_us=6_000, random=chance(3)),
        4_000,
    ),
    "slept": Case(
        "The local clock stood still for an hour",
        LocalClock(30, jumps=((100 * SECOND, -3_600 * SECOND),)),
        Network(random=chance(4)),
        1_500,
        unsettled=(13,),
    ),
    "jumped": Case(
        "The local clock was set forward by 15 ms",
        LocalClock(30, jumps=((100 * SECOND, 15_000),)),
        Network(random=chance(5)),
        1_500,
        unsettled=(13,),
    ),
    "restarted": Case(
        "The hub was started anew: what was known of its clock means nothing",
        LocalClock(-20),
        Network(random=chance(6)),
        2_000,
        restart_at=12,
        unsettled=(12,),
    ),
    "long": Case(
        "Twenty minutes, then a small jump: what was sure is doubted again",
        LocalClock(25, jumps=((1_150 * SECOND, 5_000),)),
        Network(jitter_us=500, random=chance(7)),
        1_500,
        bursts=150,
        unsettled=tuple(range(118, 122)),
    ),
}


def follow(case: Case) -> Iterator[dict[str, Any]]:
    """Run the filter through a case, and yield its input and estimate."""
    clock = ClockFilter()
    hub_us = 0.0
    for number in range(case.bursts):
        clock_id = "second" if case.restart_at is not None and number >= case.restart_at else "first"
        probes, hub_us = burst(case.clock, case.network, hub_us)
        clock.set_clock_id(clock_id)
        if probes:
            clock.update(best_of(sample_of(*probe) for probe in probes))
        pause_us = clock.burst_interval * SECOND
        yield {
            "clock_id": clock_id,
            "probes": probes,
            "pause_seconds": clock.burst_interval,
            "estimate": estimate(clock, case, hub_us + pause_us / 2) if clock.ready else None,
        }
        hub_us += pause_us


def estimate(clock: ClockFilter, case: Case, hub_us: float) -> dict[str, float]:
    """Return the estimate for the local time at which the hub's time is `hub_us`."""
    local_us = round(case.clock.at(hub_us))
    return {
        "local_us": local_us,
        "hub_us": round(clock.hub_now(local_us), 3),
        "true_hub_us": round(hub_us, 3),
        "error_us": round(clock.error_us, 3),
        "round_trip_us": clock.round_trip_us,
    }


SOUNDS: dict[str, tuple[str, str, Callable[[], Sound]]] = {
    "crystal": ("exact", "A crystal that is 150 ppm fast", lambda: Sound(ppm=150, random=chance(11))),
    "behind": ("exact", "It begins 15 ms late", lambda: Sound(ahead=-0.015, random=chance(12))),
    "far": ("exact", "It begins 300 ms early", lambda: Sound(ahead=0.3, random=chance(13))),
    "coarse": (
        "coarse",
        "An unsteady position, and a jump that lands badly",
        lambda: Sound(-2, 50, noise=0.008, landing=0.08, precision=COARSE, random=chance(14)),
    ),
}


def play(sound: Sound) -> Iterator[dict[str, Any]]:
    """Let the controller correct a sound, and yield measurements and corrections. Each fortieth measurement is an outlier."""
    for number in range(STEPS):
        at, error = sound.at, round(sound.measure() + (0.2 if number % 40 == 20 else 0), 6)
        correction = sound.step(error)
        yield {"at": at, "error": error, "judged": sound.judged, "jump": correction.jump, "rate": correction.rate}


def write(folder: Path, name: str, head: dict[str, Any], key: str, rows: Iterator[dict[str, Any]]) -> None:
    """Write a vector, one row on each line."""
    folder.mkdir(exist_ok=True)
    lines = "".join(f'  "{name}": {json.dumps(value)},\n' for name, value in head.items())
    text = f'{{\n{lines}  "{key}": [\n    {",\n    ".join(json.dumps(row) for row in rows)}\n  ]\n}}\n'
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Write every case."""
    for name, case in CASES.items():
        head = {"why": case.why, "bound_us": case.bound_us, "settled": case.settled, "unsettled": case.unsettled}
        write(CLOCK, name, head, "bursts", follow(case))
    for name, (precision, why, sound) in SOUNDS.items():
        write(DRIFT, name, {"why": why, "precision": precision}, "steps", play(sound()))


if __name__ == "__main__":
    main()
