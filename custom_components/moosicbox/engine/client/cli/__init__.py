"""The command line `moosicbox`."""

import sys


def main() -> None:
    """Run it."""
    try:
        from .app import app  # noqa: PLC0415 - without the extra, say what is missing
    except ImportError as error:
        if error.name not in ("typer", "rich", "zeroconf"):
            raise
        sys.exit(f"The command line needs {error.name}: install moosicbox[cli]")
    app()
