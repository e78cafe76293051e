"""The documentation covers all options with defaults and ranges, actions, events, sensors, reasons and permissions."""

import ast
import json
from pathlib import Path
import re

from homeassistant.helpers.selector import BooleanSelector, NumberSelector
import pytest

from custom_components.moosicbox.engine.access.rights import PERMISSIONS
from custom_components.moosicbox.options import OPTIONS, Option, defaults
from custom_components.moosicbox.services import ACTIONS

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
INTEGRATION = REPOSITORY / "custom_components" / "moosicbox"
BYTES = {"KiB": 1_024, "MiB": 1_048_576, "GiB": 1_073_741_824}


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """Return the cells of each table row that starts with a name, by this name."""
    found = {}
    for line in text.splitlines():
        if match := re.match(r"\| `([a-z_.]+)` \|(.*)\|$", line):
            found[match[1]] = [cell.strip() for cell in match[2].split("|")]
    return found


def number(text: str) -> int:
    """Return the number in a document's notation: 1,000, 64 KiB, 262,144 B."""
    match = re.fullmatch(r"(-?[\d,]+)(?: (KiB|MiB|GiB|B))?", text)
    assert match is not None, text
    return int(match[1].replace(",", "")) * BYTES.get(match[2], 1)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_options_are_documented_with_their_defaults(option: Option) -> None:
    if option.section == "features":
        assert f"`{option.key}`" in page("options.md").partition("## Features")[2]
        return
    cells = rows(page("options.md"))[option.key]
    default = defaults({})[option.key]
    assert option.variable is None or f"`{option.variable}`" in cells
    if isinstance(option.selector, BooleanSelector):
        assert ("on" if default else "off") in cells
    elif isinstance(option.selector, NumberSelector):
        assert default in [number(cell) for cell in cells if re.fullmatch(r"[\d,]+(?: B)?", cell)]
        least, most = cells[-1].partition(", not")[0].split("–")
        assert (number(least), number(most)) == (option.selector.config["min"], option.selector.config["max"])


def test_options_page_names_no_others() -> None:
    assert set(rows(page("options.md").partition("## Features")[0])) <= {option.key for option in OPTIONS}


def test_actions_and_their_fields_are_documented() -> None:
    text = page("actions.md") + page("tokens.md") + page("rooms.md") + page("household.md")
    for action in ACTIONS:
        assert f"moosicbox.{action.name}" in text
        for field in action.fields if action.name != "create_token" else {}:
            assert f"`{field}`" in text or f"{field}:" in text, f"{action.name}: {field}"


def test_fired_events_are_documented() -> None:
    tree = ast.parse((INTEGRATION / "adapters" / "event_bridge.py").read_text("utf-8"))
    fired = {f"moosicbox_{name}" for name in re.findall(r"\{DOMAIN\}_(\w+)", ast.unparse(tree))}
    assert fired
    assert set(rows(page("events.md"))) == fired


def test_entities_are_documented() -> None:
    translations = json.loads((INTEGRATION / "translations" / "en.json").read_text("utf-8"))["entity"]
    text = page("sensors.md")
    for entities in translations.values():
        for entity in entities.values():
            assert entity["name"] in text


def test_reasons_of_problems_are_documented() -> None:
    translations = json.loads((INTEGRATION / "translations" / "en.json").read_text("utf-8"))
    attributes = translations["entity"]["binary_sensor"]["problem"]["state_attributes"]
    known = rows(page("health.md"))
    assert set(known) == set(attributes["status"]["state"]) | set(attributes["reasons"]["state"])


@pytest.mark.parametrize("name", ["tokens.md", "protocol/tokens.md"])
def test_permissions_are_documented(name: str) -> None:
    assert set(rows(page(name))) >= PERMISSIONS


def test_management_api() -> None:
    source = (INTEGRATION / "http" / "management.py").read_text("utf-8")
    for url in re.findall(r'url = "(/api/[^"]+)"', source):
        assert f"{url}`" in page("management-api.md")
