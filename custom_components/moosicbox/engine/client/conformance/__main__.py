"""`python -m moosicbox.client.conformance URL TOKEN` checks a hub; `… --hub` is a scripted hub that checks a client."""

import argparse
import asyncio
import os
import sys
from typing import Final

from aiohttp import ClientError

from .checks import CHECKS
from .hub import serve
from .probe import CheckFailed, HubUnderTest

VARIABLE: Final = "MOOSICBOX_TOKEN"
TIMEOUT: Final = 60.0


async def check_hub(url: str, token: str) -> int:
    """Run all checks, print a table, and return how many failed."""
    failures = 0
    async with HubUnderTest.open(url, token) as target:
        for check in CHECKS:
            try:
                async with asyncio.timeout(TIMEOUT):
                    await check(target)
                verdict = "ok"
            except CheckFailed as failed:
                verdict = f"FAILED: expected {failed}"
            except (ClientError, TimeoutError, OSError, KeyError, TypeError, ValueError) as error:
                verdict = f"FAILED: {type(error).__name__} {error}"
            failures += verdict != "ok"
            print_line(f"{check.__name__:14} {verdict:8} {(check.__doc__ or '').splitlines()[0]}")
    print_line(f"{len(CHECKS) - failures} of {len(CHECKS)} passed")
    return failures


def print_line(line: str) -> None:
    """Print a line, unbuffered."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Read the command line and run the checks; the exit code is 1 if one failed."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("url", nargs="?", help="the hub's address")
    parser.add_argument("token", nargs="?", default=os.environ.get(VARIABLE), help=f"else ${VARIABLE}")
    parser.add_argument("--hub", action="store_true", help="be a hub, and check the client that connects")
    parser.add_argument("--port", type=int, default=8124)
    arguments = parser.parse_args()
    if arguments.hub:
        sys.exit(asyncio.run(serve(arguments.port, print_line)) > 0)
    if not arguments.url or not arguments.token:
        parser.error("a hub's address and a token are needed")
    sys.exit(asyncio.run(check_hub(arguments.url, arguments.token)) > 0)


if __name__ == "__main__":
    main()
