"""Runs benchmarks and prints their results, for `script/bench`."""

import argparse
import asyncio
from dataclasses import replace
import importlib
from importlib.metadata import version
import json
import os
from pathlib import Path
import platform
import re
import textwrap
import time

from .needs import install_packages, missing_programs
from .options import QUICK, Options
from .report import Row, table

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks.md"
RESULTS = "## Results\n"
NAMES = (
    *("fanout", "rooms", "bursts", "compression", "memory", "setup", "commands", "stalled", "loop", "latency"),
    *("garbage", "sync", "mpv", "speakers", "restart", "library", "face", "first_sound", "tab_memory"),
    *("cluster", "hostile", "alarm"),
)


def machine() -> str:
    """Return a description of this machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    software = (
        f"Python {platform.python_version()}, Home Assistant {version('homeassistant')}, aiohttp {version('aiohttp')}"
    )
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, {software}"


def wrapped(text: str) -> str:
    """Return a paragraph in lines that fit into the page."""
    return textwrap.fill(text, 100, break_on_hyphens=False, break_long_words=False)


def write_down(header: str, sections: dict[str, str], *, whole: bool) -> None:
    """Write results into the page: all of them, or single ones with a header of their own among those of another run."""
    method, _, results = DOCS.read_text(encoding="utf-8").partition(RESULTS)
    if not whole:
        first, *rest = re.split(r"^### (\w+)\n", results, flags=re.MULTILINE)
        held = {name: f"### {name}\n\n{text.strip()}" for name, text in zip(rest[::2], rest[1::2], strict=True)}
        own = {name: f"{section}\n\n{header}" for name, section in sections.items()}
        header, sections = first.strip(), {**held, **own}
    DOCS.write_text(f"{method}{RESULTS}\n" + "\n\n".join([header, *sections.values()]) + "\n", encoding="utf-8")


async def main() -> None:
    """Run the benchmarks of the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the hub beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="few connections and repetitions: to see that it works")
    parser.add_argument(
        "--seconds", type=float, help="how long music is listened to, in sync, mpv, speakers and tab_memory"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    parser.add_argument("--docs", action="store_true", help=f"write the results into {DOCS.name}, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    names = arguments.names or list(NAMES)
    if missing := missing_programs(names):
        parser.exit(1, "".join(f"bench: {line}\n" for line in missing))
    install_packages(names)
    options = QUICK if arguments.quick else Options()
    if arguments.seconds is not None:
        options = replace(options, listening_seconds=arguments.seconds)
    listened = [] if arguments.seconds is None else [f"--seconds {arguments.seconds:g}"]
    quick = ["--quick"] if arguments.quick else []
    command = " ".join(["script/bench", *quick, *listened, *arguments.names])
    header = f"{wrapped(f'Measured on {machine()}, by:')}\n\n    {command}"
    print(header, flush=True)
    sections: dict[str, str] = {}
    results: dict[str, list[Row]] = {}
    for name in names:
        started = time.monotonic()
        benchmark = importlib.import_module(f".{name}", __package__)
        results[name] = await benchmark.measure(options)
        sections[name] = f"### {name}\n\n{wrapped(benchmark.__doc__ or '')}\n\n{table(results[name])}"
        print(f"\n{sections[name]}\n\n({time.monotonic() - started:.0f} s)", flush=True)
    if arguments.json is not None:
        rows = {name: [{**row._asdict(), "meets": row.meets} for row in found] for name, found in results.items()}
        text = json.dumps({"machine": machine(), "results": rows}, indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    if arguments.docs:
        write_down(header, sections, whole=not arguments.names)


asyncio.run(main())
