"""Stores a program's token in a private file that only its user can read."""

from dataclasses import asdict, dataclass, field
import json
import os
from pathlib import Path
import secrets
import tempfile
from typing import Final

import msgspec

FOLDER_VARIABLE: Final = "MOOSICBOX_CONFIG"
FILE: Final = "credentials.json"


class CredentialsDamaged(Exception):
    """The file with the credentials has no credentials."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The result of a pairing with one Home Assistant."""

    url: str
    token: str = field(repr=False)
    player_id: str
    name: str


def folder() -> Path:
    """Return the configuration folder: `$MOOSICBOX_CONFIG`, or `moosicbox` in the user's configuration folder."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "moosicbox"


def load(path: Path | None = None) -> Credentials | None:
    """Return the saved credentials, or `None`.

    Raises:
        CredentialsDamaged: The file has no credentials, such as after a fault of the disk.
    """
    path = path or folder() / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CredentialsDamaged(f"The credentials in {path} are damaged") from error


def save(credentials: Credentials, path: Path | None = None) -> Path:
    """Write the credentials atomically, readable by this user alone, and return the file's path."""
    path = path or folder() / FILE
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp creates the file with mode 0600.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(credentials), file)
    Path(draft).replace(path)
    return path


def delete(path: Path | None = None) -> None:
    """Delete the saved credentials, if there are any."""
    (path or folder() / FILE).unlink(missing_ok=True)


def new_player_id() -> str:
    """Return a random id for a new player, to be kept for as long as the player exists."""
    return f"box-{secrets.token_hex(6)}"
