"""The files by which the programs of Sendspin's conformance suite tell one another their addresses and results."""

from contextlib import suppress
import json
from pathlib import Path
from typing import Any


def write(path: str, content: dict[str, Any]) -> None:
    """Write a file of the suite."""
    Path(path).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def register(path: str, name: str, url: str) -> None:
    """Add a program's address to the registry."""
    write(path, _entries(path) | {name: {"url": url}})


def registered(path: str, name: str) -> str | None:
    """Return a program's address; None while the registry doesn't have it."""
    return (_entries(path).get(name) or {}).get("url")


def _entries(path: str) -> dict[str, Any]:
    # It may be missing, or half-written by another program.
    with suppress(OSError, ValueError):
        return dict(json.loads(Path(path).read_text()))
    return {}
