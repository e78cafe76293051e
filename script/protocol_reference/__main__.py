"""Write docs/protocol/ and the browser's message types, or report which of them are stale."""

import argparse
import json
from pathlib import Path
import sys

from .pages import render
from .typescript import declarations

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "protocol"
TYPES = ROOT / "custom_components" / "moosicbox" / "frontend" / "client" / "messages.d.ts"


def stale(files: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Return the names of files that are missing, obsolete, or different from the generated ones."""
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()} if folder.exists() else {}
    return sorted(name for name in files.keys() | found.keys() if files.get(name) != found.get(name))


def rendered_types(files: dict[str, str]) -> str:
    """Return the TypeScript declarations that belong to the rendered schema."""
    return declarations(json.loads(files["schema.json"]))


def main() -> None:
    """Write the generated files, or check them."""
    parser = argparse.ArgumentParser(prog="script/reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is stale")
    check = parser.parse_args().check
    files = render()
    outputs: dict[Path, str | None] = {FOLDER / name: files.get(name) for name in stale(files)}
    if (types := rendered_types(files)) != (TYPES.read_text("utf-8") if TYPES.exists() else None):
        outputs[TYPES] = types
    if check:
        if outputs:
            names = (str(path.relative_to(ROOT)) for path in outputs)
            sys.exit(f"The protocol reference is stale, run script/reference: {', '.join(names)}")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in outputs.items():
        if text is None:
            path.unlink()
        else:
            path.write_text(text, "utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
