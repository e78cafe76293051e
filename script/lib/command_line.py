"""The command line as a process of its own, imported as from the wheel: without Home Assistant, which takes long."""

from pathlib import Path
import sys
from typing import Final

from .config_folder import INTEGRATION

COMMAND_LINE: Final = (sys.executable, "-m", "moosicbox.client.cli")
"""The command, with `engine_path` in PYTHONPATH."""


def engine_path(folder: Path) -> str:
    """Return a path, made in `folder`, from which Python imports the engine as `moosicbox`."""
    link = folder / "packages" / "moosicbox"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(INTEGRATION / "engine", target_is_directory=True)
    return str(link.parent)
