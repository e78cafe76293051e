"""Reads a report of coverage.py and names the modules that the tests cover too little."""

import json
from pathlib import Path
import sys

BAR = 95.0
"""Per cent of a module's lines."""


def below(report: Path, bar: float = BAR) -> list[str]:
    """Return a line for each module below the bar, the least covered first: its share, its path and the missing lines."""
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    found = [
        (file["summary"]["percent_covered"], path, file["missing_lines"])
        for path, file in files.items()
        if file["summary"]["percent_covered"] < bar
    ]
    return [f"{share:.1f} %  {path}: {', '.join(map(str, missing))}" for share, path, missing in sorted(found)]


def main() -> None:
    """Print the modules below the bar; exit with 1 if there are any."""
    modules = below(Path(sys.argv[1]))
    for line in modules:
        print(line)
    if modules:
        sys.exit(f"coverage: {len(modules)} modules are covered by less than {BAR:.0f} %")
    print(f"coverage: every module is covered by at least {BAR:.0f} %")


if __name__ == "__main__":
    main()
