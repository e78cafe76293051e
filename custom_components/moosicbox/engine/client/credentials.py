"""Where a program keeps its tokens: one private file, readable by its user alone."""

from dataclasses import asdict, dataclass, field
import json
import os
from pathlib import Path
import secrets
import tempfile
from typing import Final

FOLDER_VARIABLE: Final = "MOOSICBOX_CONFIG"
FILE: Final = "credentials.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What one Home Assistant knows this program by."""

    url: str
    token: str = field(repr=False)
    player_id: str
    name: str


def folder() -> Path:
    """The program's own folder."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "moosicbox"


def load(path: Path | None = None) -> Credentials | None:
    """What was saved; None if nothing was."""
    try:
        text = (path or folder() / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return Credentials(**json.loads(text))


def save(credentials: Credentials, path: Path | None = None) -> Path:
    """Write, whole or not at all, and for nobody else to read."""
    path = path or folder() / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made with 0600 from the first byte on.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file)
    Path(draft).replace(path)
    return path


def delete(path: Path | None = None) -> None:
    """Save nothing any more."""
    (path or folder() / FILE).unlink(missing_ok=True)


def new_player_id() -> str:
    """An id for a new player; kept for ever after."""
    return f"box-{secrets.token_hex(6)}"
