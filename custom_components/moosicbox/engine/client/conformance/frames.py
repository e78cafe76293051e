"""Golden frames: an example of each message of the protocol. Received messages are compared with them."""

from functools import cache
import json
from pathlib import Path
from typing import Any, Final, Literal

type Json = dict[str, Any]
type Side = Literal["client", "server"]

PACKED: Final = Path(__file__).parent / "frames"
"""The folder of the frames in an installed wheel; a clone has them in `REPOSITORY`."""
REPOSITORY: Final = Path(__file__).parents[5] / "tests" / "golden"
MAY_MISS: Final = frozenset({"request_id", "snapshot", "offset", "resume_failure", "token", "hello", "expires_at"})
"""Fields that are optional in the hub's messages, though the frames have them."""


@cache
def golden(side: Side) -> dict[str, Json]:
    """Return all frames that a side sends, by name: `type`, or `type.variant`."""
    folder = (PACKED if PACKED.is_dir() else REPOSITORY) / side
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def find_mismatch(side: Side, message: Json) -> str | None:
    """Return how a message differs in shape from the frames of its type, or `None`. Unknown types have no frames."""
    frames = [frame for frame in golden(side).values() if _kind(frame) == _kind(message)]
    if not frames:
        return None
    if side == "server":
        missing = set.intersection(*(set(frame) for frame in frames)) - MAY_MISS - message.keys()
        if missing and message["type"] != "error":
            return f"{message['type']} has no {', '.join(sorted(missing))}"
    elif unknown := message.keys() - set.union(*(set(frame) for frame in frames)):
        return f"{message['type']} has no field {', '.join(sorted(unknown))}"
    return next((wrong for name in message if (wrong := _find_wrong_field(name, message[name], frames))), None)


def _kind(message: Json) -> tuple[Any, Any]:
    # Other actions of the same type have other fields.
    return message.get("type"), message.get("action")


def _find_wrong_field(path: str, value: Any, records: list[Json]) -> str | None:
    examples = [record[name] for record in records if (name := path.rpartition(".")[2]) in record]
    kinds = {_json_type(example) for example in examples} - {"null"}
    if value is None or not kinds:
        return None
    if (kind := _json_type(value)) not in kinds:
        return f"{path} is a {kind}, not a {' or '.join(sorted(kinds))}"
    if kind == "object":
        parts, inner_examples = [value], [example for example in examples if isinstance(example, dict)]
    elif kind == "array":
        parts = [part for part in value if isinstance(part, dict)]
        inner_examples = [part for example in examples for part in example or () if isinstance(part, dict)]
    else:
        return None
    if path == "data":  # Free JSON.
        return None
    inner = (_find_wrong_field(f"{path}.{name}", part[name], inner_examples) for part in parts for name in part)
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
