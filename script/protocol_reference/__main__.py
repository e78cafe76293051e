"""Generate docs/protocol/, or check that it is up to date."""

import argparse
from pathlib import Path
import sys

from .pages import render

FOLDER = Path(__file__).parents[2] / "docs" / "protocol"


def stale(files: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Return the names of files that are missing, obsolete, or different from the generated ones."""
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()} if folder.exists() else {}
    return sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))


def main() -> None:
    """Generate, or check with `--check`."""
    parser = argparse.ArgumentParser(prog="script/reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args().check
    files = render()
    names = stale(files)
    if check:
        if names:
            sys.exit(f"docs/protocol is stale, run script/reference: {', '.join(names)}")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = FOLDER / name
        if name in files:
            path.write_text(files[name], "utf-8")
        else:
            path.unlink()
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    main()
