"""Runs benchmarks and prints what came out; `script/bench` starts this."""

import argparse
import asyncio
import importlib
import json
import os
from pathlib import Path
import platform
import sys
import time

from .options import QUICK, Options
from .report import Row, table

NAMES = ("fanout", "bursts", "memory", "setup", "commands", "stalled", "loop", "latency", "garbage")


def machine() -> str:
    """What this ran on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, Python {platform.python_version()}"


async def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the hub beside its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="few connections and repetitions: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    options = QUICK if arguments.quick else Options()
    print(f"{machine()}\nscript/bench {' '.join(sys.argv[1:])}", flush=True)
    results: dict[str, list[Row]] = {}
    for name in arguments.names or NAMES:
        started = time.monotonic()
        measure = importlib.import_module(f".{name}", __package__).measure
        results[name] = await measure(options)
        print(f"\n## {name} ({time.monotonic() - started:.0f} s)\n{table(results[name])}", flush=True)
    if arguments.json is not None:
        rows = {name: [{**row._asdict(), "meets": row.meets} for row in found] for name, found in results.items()}
        text = json.dumps({"machine": machine(), "results": rows}, indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")


asyncio.run(main())
