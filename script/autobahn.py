"""Lets Autobahn's fuzzing client loose on the hub's WebSocket and writes its verdicts down."""

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

KNOWN = {"7.9.5": "aiohttp's reader lets a close frame with the code 1006 pass, which no frame may carry"}
"""What fails outside this repository."""

type Verdicts = dict[str, dict[str, Any]]


async def fuzz(python2: str, cases: list[str]) -> Verdicts:
    """Run the cases; what the suite says of each."""
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
    """Whether the suite is content with the messages and with the close."""
    return verdict["behavior"] in GOOD and verdict["behaviorClose"] in GOOD


def summary(verdicts: Verdicts) -> str:
    """The report in short, as a page."""
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
    return "\n".join(
        [
            "# WebSocket conformance",
            "",
            "Browsers, boxes and programs of all kinds talk to the hub, and the hub frames and compresses what it sends itself.",
            "So the [Autobahn test suite](https://github.com/crossbario/autobahn-testsuite) checks its WebSocket, over a server",
            "that echoes by the hub's own frames, compression and way of writing (`script/lib/echo.py`), with default options.",
            "",
            "This page is written by `script/autobahn`; the whole report is then in `.artifacts/autobahn/index.html`.",
            "",
            "| cases | run | OK | not strict | informational | failed |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "*Not strict* and *informational* are the suite's words for what the standard leaves open: an invalid text is found",
            "when its message is whole, not in the middle of it; what comes behind a close is not looked at.",
            "",
            f"Failed: {'; '.join(reasons) or 'none'}.",
            "",
        ]
    )


def main() -> None:
    """Run all cases, or those that are named."""
    parser = argparse.ArgumentParser(prog="script/autobahn", description=__doc__)
    parser.add_argument("python2", help="a Python 2.7 that has the suite")
    parser.add_argument("cases", nargs="*", help="such as 6.* or 7.1.1; without any, all, and the page is written")
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
