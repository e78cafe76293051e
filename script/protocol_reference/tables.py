"""Tables of fields, generated from the JSON Schema."""

import json
import re
from typing import Any, Final

from .schema import Schema

NAMED: Final = {
    "^[A-Za-z0-9_.:-]{1,64}$": "id",
    "^[a-z0-9_.:-]{1,64}$": "player id",
    "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$": "time of day",
    "^[a-z_]{1,16}(:[A-Za-z0-9_.:-]{1,64})?$": "topic",
}
"""Patterns that the index gives a name."""
ONCE: Final = {
    "client": frozenset({"type", "action", "request_id"}),
    "server": frozenset({"type", "request_id", "topic", "snapshot", "offset"}),
}
"""Fields of all messages, which are explained once at the top of their page."""


def field_table(definition: Schema) -> str:
    """Return the table of the fields of a message or record."""
    once = ONCE.get(definition["title"].partition(".")[0], frozenset())
    rows = [
        f"| {' | '.join(_row(name, property_, required=name in definition['required']))} |"
        for name, property_ in definition["properties"].items()
        if name not in once
    ]
    if not rows:
        return "It has no further fields."
    return "\n".join(["| field | type | presence | meaning |", "|---|---|---|---|", *rows])


def _row(name: str, property_: dict[str, Any], *, required: bool) -> tuple[str, ...]:
    type_ = _type(property_)
    if required:
        presence = ""
    elif (default := property_.get("default")) is not None:
        type_ = type_.removesuffix(" or null")
        presence = f"`{json.dumps(default)}` if absent"
    else:
        presence = "optional"
        # Null means the same as absent.
        type_ = type_.removesuffix(" or null")
    return f"`{name}`", type_, presence, property_.get("description", "")


def _type(property_: dict[str, Any]) -> str:
    if "$ref" in property_:
        name = property_["$ref"].rpartition("/")[2]
        return "object" if name.startswith("result.") else _link(name)
    if "anyOf" in property_:
        parts = [_type(part) for part in property_["anyOf"]]
        return " or ".join(dict.fromkeys(parts))
    if "enum" in property_:
        return ", ".join(f"`{value}`" for value in property_["enum"])
    match property_.get("type"):
        case "array":
            return _bounded(f"array of {_type(property_['items'])}", property_, "Items", "items")
        case "string":
            if (pattern := property_.get("pattern")) is not None:
                return NAMED[pattern]
            return _bounded("string", property_, "Length", "characters")
        case "integer" | "number" as type_:
            return _ranged(type_, property_)
        case "object":
            values = property_.get("additionalProperties")
            return f"object: topic → {_type(values)}" if isinstance(values, dict) and "$ref" in values else "object"
        case None:
            return "any"
        case type_:
            return str(type_)


def _link(name: str) -> str:
    if "." in name:
        side, _, message = name.partition(".")
        page = {"client": "client-messages.md", "server": "hub-messages.md"}[side]
        return f"[{message}]({page}#{anchor(message)})"
    return f"[{name}](records.md#{anchor(name)})"


def _bounded(text: str, property_: dict[str, Any], what: str, unit: str) -> str:
    least, most = property_.get(f"min{what}"), property_.get(f"max{what}")
    if most is None:
        return text
    return f"{text}, {least}–{most:,} {unit}" if least else f"{text}, at most {most:,} {unit}"


def _ranged(type_: str, property_: dict[str, Any]) -> str:
    least, most = property_.get("minimum"), property_.get("maximum")
    if least is None:
        return type_
    if most is None:
        return f"{type_} ≥ {least}"
    if most == 2**53:
        # The largest integer that every program reads exactly.
        return f"{type_}, {least} to 2^53"
    if type_ == "integer" and most == 2**62:
        return type_
    return f"{type_}, {_plain(least)} to {_plain(most)}"


def _plain(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else str(number)


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-"))
