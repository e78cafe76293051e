"""Starting Python programs of this package as child processes."""

import json
from pathlib import Path
import sys
from typing import Final

_ENGINE: Final = Path(__file__).parents[1]
# The package is imported from where this one is, whatever its name, and without importing Home Assistant's side.
_PROGRAM: Final = (
    "import sys, json, importlib; sys.path[:] = json.loads(sys.argv[1]); importlib.import_module(sys.argv[2]).main()"
)


def command(module: str) -> list[str]:
    """Return the command that runs `main` of a module of this package, such as "scan.worker"."""
    path = json.dumps([*sys.path, str(_ENGINE.parent)])
    return [sys.executable, "-I", "-S", "-c", _PROGRAM, path, f"{_ENGINE.name}.library.{module}"]
