"""Golden frames: each message of the protocol as it stands on the wire. What is heard is held against them."""

from functools import cache
import json
from pathlib import Path
from typing import Any, Final, Literal

type Json = dict[str, Any]
type Side = Literal["client", "server"]

PACKED: Final = Path(__file__).parent / "frames"
"""In the wheel."""
REPOSITORY: Final = Path(__file__).parents[5] / "tests" / "golden"
MAY_MISS: Final = frozenset({"request_id", "snapshot", "offset", "resume_failure", "token", "hello", "expires_at"})
"""Fields of the hub's messages that the frames show and that needn't always be there."""


@cache
def golden(side: Side) -> dict[str, Json]:
    """All frames that a side sends, by their names: `type`, or `type.variant`."""
    folder = (PACKED if PACKED.is_dir() else REPOSITORY) / side
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def find_mismatch(side: Side, message: Json) -> str | None:
    """What is wrong with a message, as far as the frames of its type tell; None if nothing is, or its type is unknown."""
    frames = [frame for frame in golden(side).values() if _kind(frame) == _kind(message)]
    if not frames:
        return None
    if side == "server":
        missing = set.intersection(*(set(frame) for frame in frames)) - MAY_MISS - message.keys()
        if missing and message["type"] != "error":
            return f"{message['type']} has no {', '.join(sorted(missing))}"
    elif unknown := message.keys() - set.union(*(set(frame) for frame in frames)):
        return f"{message['type']} has no field {', '.join(sorted(unknown))}"
    return next((wrong for name in message if (wrong := _wrong(name, message[name], frames))), None)


def _kind(message: Json) -> tuple[Any, Any]:
    # Other actions of the same type have other fields.
    return message.get("type"), message.get("action")


def _wrong(path: str, value: Any, records: list[Json]) -> str | None:
    shown = [record[name] for record in records if (name := path.rpartition(".")[2]) in record]
    kinds = {_json_type(example) for example in shown} - {"null"}
    if value is None or not kinds:
        return None
    if (kind := _json_type(value)) not in kinds:
        return f"{path} is a {kind}, not a {' or '.join(sorted(kinds))}"
    if kind == "object":
        parts, examples = [value], [example for example in shown if isinstance(example, dict)]
    elif kind == "array":
        parts = [part for part in value if isinstance(part, dict)]
        examples = [part for example in shown for part in example or () if isinstance(part, dict)]
    else:
        return None
    if path == "data":  # Anybody's own.
        return None
    inner = (_wrong(f"{path}.{name}", part[name], examples) for part in parts for name in part)
    return next((wrong for wrong in inner if wrong), None)


def _json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
