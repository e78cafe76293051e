"""Starting Python programs of this package as child processes."""

from pathlib import Path
import sys
from typing import Final

_ENGINE: Final = Path(__file__).parents[1]
# The package is imported from where this one is, whatever its name, and without importing Home Assistant's side. Imported
# modules stay: a search for garbage among them would only delay the start.
_PROGRAM: Final = """
import gc, sys
from importlib import import_module
gc.disable()
sys.path[:] = sys.argv[2:]
main = import_module(sys.argv[1]).main
gc.freeze()
gc.enable()
main()
"""


def command(module: str) -> list[str]:
    """Return the command that runs `main` of a module of this package, such as "scan.worker"."""
    return [
        *(sys.executable, "-I", "-S", "-c", _PROGRAM),
        *(f"{_ENGINE.name}.library.{module}", *sys.path, str(_ENGINE.parent)),
    ]
