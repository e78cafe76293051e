"""Runs Autobahn's fuzzing client against the hub's WebSocket, and writes its verdicts into a page."""

import argparse
import asyncio
from collections import Counter
import json
import os
import sys
from typing import Any

from .lib.config_folder import REPOSITORY
from .lib.echo import echo_server
from .lib.process import free_port
from .protocol_reference.wrap import wrap

AGENT = "MoosicBox"
ARTIFACTS = REPOSITORY / ".artifacts" / "autobahn"
SUMMARY = REPOSITORY / "docs" / "autobahn.md"
START = "from autobahntestsuite.wstest import run; run()"
GOOD = ("OK", "NON-STRICT", "INFORMATIONAL")
GROUPS = {
    "1": "Framing",
    "2": "Pings and pongs",
    "3": "Reserved bits",
    "4": "Opcodes",
    "5": "Fragmentation",
    "6": "UTF-8",
    "7": "Closing",
    "9": "Limits and performance",
    "10": "Automatic fragmentation",
    "12": "Compression",
    "13": "Compression, with parameters",
}

KNOWN = {"7.9.5": "aiohttp's reader accepts a close frame with the code 1006, which no frame may have"}
"""Failures that are caused outside this repository."""

type Verdicts = dict[str, dict[str, Any]]


async def fuzz(python2: str, cases: list[str]) -> Verdicts:
    """Run the cases, and return the suite's verdict on each."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    port = free_port()
    spec = {
        "outdir": str(ARTIFACTS),
        "servers": [{"agent": AGENT, "url": f"ws://127.0.0.1:{port}"}],
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    specification = ARTIFACTS / "fuzzingclient.json"
    specification.write_text(json.dumps(spec))
    async with echo_server(port):
        client = await asyncio.create_subprocess_exec(
            python2, "-c", START, "-m", "fuzzingclient", "-s", str(specification), cwd=ARTIFACTS, env=dict(os.environ)
        )
        if code := await client.wait():
            sys.exit(f"autobahn: the suite ended with {code}")
    found: dict[str, Verdicts] = json.loads((ARTIFACTS / "index.json").read_text())
    return found[AGENT]


def is_good(verdict: dict[str, Any]) -> bool:
    """Return whether the suite accepts the messages and the close."""
    return verdict["behavior"] in GOOD and verdict["behaviorClose"] in GOOD


def summary(verdicts: Verdicts) -> str:
    """Return the report's summary as a page."""
    groups: dict[str, Counter[str]] = {group: Counter() for group in GROUPS}
    for case, verdict in verdicts.items():
        groups[case.partition(".")[0]][verdict["behavior"] if is_good(verdict) else "FAILED"] += 1
    rows = [
        f"| {group} {GROUPS[group]} | {counts.total()} | "
        + " | ".join(str(counts[name] or "–") for name in (*GOOD, "FAILED"))
        + " |"
        for group, counts in groups.items()
    ]
    failed = [case for case, verdict in verdicts.items() if not is_good(verdict)]
    reasons = [f"{case}: {KNOWN[case]}" if case in KNOWN else case for case in failed]
    return wrap(
        "\n".join(
            [
                "# WebSocket conformance",
                "",
                "Clients of all kinds connect to the hub, and the hub frames and compresses its messages itself. So the",
                "[Autobahn test suite](https://github.com/crossbario/autobahn-testsuite) checks its WebSocket, by a server that",
                "echoes with the hub's own framing, compression and writer (`script/lib/echo.py`), with default options.",
                "",
                "`script/autobahn` writes this page, and the whole report to `.artifacts/autobahn/index.html`.",
                "",
                "| cases | run | OK | not strict | informational | failed |",
                "|---|---|---|---|---|---|",
                *rows,
                "",
                "*Not strict* and *informational* are the suite's terms for behaviour that the standard leaves open: an invalid",
                "text is detected when its message is complete, and frames behind a close are ignored.",
                "",
                f"Failed: {'; '.join(reasons) or 'none'}.",
                "",
            ]
        )
    )


def main() -> None:
    """Run all cases, or the named ones."""
    parser = argparse.ArgumentParser(prog="script/autobahn", description=__doc__)
    parser.add_argument("python2", help="a Python 2.7 with the suite")
    parser.add_argument("cases", nargs="*", help="such as 6.* or 7.1.1; all without any, and the page is written")
    arguments = parser.parse_args()
    verdicts = asyncio.run(fuzz(arguments.python2, arguments.cases or ["*"]))
    failed = {case: verdict for case, verdict in sorted(verdicts.items()) if not is_good(verdict)}
    for case, verdict in failed.items():
        print(case, verdict["behavior"], verdict["behaviorClose"])
    print(f"{len(verdicts)} cases, {len(failed)} failed; see {ARTIFACTS / 'index.html'}")
    if not arguments.cases:
        SUMMARY.write_text(summary(verdicts))
    sys.exit(bool(failed.keys() - KNOWN))


if __name__ == "__main__":
    main()
