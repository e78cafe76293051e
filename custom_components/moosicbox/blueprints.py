"""Blueprints that come with the integration, for administrators to add to their own."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

from homeassistant.util.yaml import parse_yaml

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "blueprints"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A blueprint as Home Assistant's command `blueprint/save` takes it."""

    domain: str
    path: str
    name: str
    description: str
    yaml: str


def load_blueprints() -> list[dict[str, Any]]:
    """Return all blueprints in the order of their names; reads files."""
    files = sorted(FOLDER.glob("*/*.yaml"))
    return [asdict(_load(file)) for file in files]


def _load(file: Path) -> Blueprint:
    text = file.read_text("utf-8")
    described = cast(dict[str, Any], parse_yaml(text))["blueprint"]
    return Blueprint(described["domain"], f"{DOMAIN}/{file.name}", described["name"], described["description"], text)
