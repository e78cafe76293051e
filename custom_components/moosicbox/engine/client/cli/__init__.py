"""The command line `moosicbox`."""

import sys


def main() -> None:
    """Run the command line, or say which extra is missing."""
    try:
        from .app import app  # noqa: PLC0415 - the extra may not be installed
    except ImportError as error:
        if error.name not in ("typer", "rich", "zeroconf"):
            raise
        sys.exit(f"The command line needs {error.name}: install moosicbox[cli]")
    app()
