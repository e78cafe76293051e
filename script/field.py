"""Odd files against the real scanner; `script/field` starts this."""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
import sys
import tempfile

from .lib.field.case import Case
from .lib.field.cases import CASES
from .lib.field.run import scanned


async def check(cases: Sequence[Case], folder: Path) -> dict[str, list[str]]:
    """Scan the files of `cases` in `folder`; return the differences from the expected records, by the cases' names."""
    async with scanned(cases, folder) as found:
        return {case.name: await found.differences(case) for case in cases}


def main() -> None:
    """Run the named cases, or all; exit with 1 if a record differs from the expected one."""
    parser = argparse.ArgumentParser(prog="script/field", description="Runs odd music files through the real scanner.")
    parser.add_argument("names", nargs="*", metavar="CASE", help="cases to run; all without any")
    parser.add_argument("--list", action="store_true", help="list the cases and their tricks")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="write the files there, and leave them")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {case.name for case in CASES}:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    cases = [case for case in CASES if not arguments.names or case.name in arguments.names]
    if arguments.list:
        for case in cases:
            print(f"{case.name:24} {case.trick}")
        return
    with tempfile.TemporaryDirectory() as temporary:
        differences = asyncio.run(check(cases, arguments.keep or Path(temporary)))
    wrong = {name: found for name, found in differences.items() if found}
    for name, found in wrong.items():
        print(f"{name}: {'; '.join(found)}")
    print(f"{len(differences) - len(wrong)} of {len(differences)} cases are right")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
