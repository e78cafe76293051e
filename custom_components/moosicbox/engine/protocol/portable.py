"""Free JSON that every decoder understands, and the faults for which parsers refuse a text. No I/O.

Data of clients goes to other programs: to clients in other languages, to Home Assistant's recorder and its web pages.
It is bounded to what all of them can decode.
"""

import json
import math
import re
from typing import Any, Final

from .errors import HubError, InvalidMessage, SerializationFailed

MAX_DEPTH: Final = 32
"""Arrays and objects within one another."""
MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**63 - 1
MAX_SCANNED_DEPTH: Final = 200
"""Deeper texts aren't parsed, only scanned."""
MAX_DIGITS: Final = 400
"""A longer integer is no finite number for any decoder."""

type Path = list[str | int]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[\[\]{}]')


def require_portable(value: Any, path: Path) -> None:
    """Raise InvalidMessage, with the path to the fault, if free JSON has a value that not every decoder understands."""
    if (fault := find_fault(value, path, 1)) is not None:
        raise fault


def find_fault(value: Any, path: Path, depth: int = 0) -> InvalidMessage | None:
    """Return the first fault of a JSON value, `None` if there is none.

    Args:
        value: The value.
        path: Its path in the message.
        depth: The number of arrays and objects around it, itself included; 0 doesn't bound the depth.

    """
    match value:
        case str():
            return _surrogate(value, path)
        case bool() | None:
            return None
        case int() if not MIN_INTEGER <= value <= MAX_INTEGER:
            return InvalidMessage("An integer must fit into 64 bits", path)
        case float() if not math.isfinite(value):
            return InvalidMessage("A number must be finite", path)
        case dict() | list() | tuple() if depth > MAX_DEPTH:
            return InvalidMessage(f"Data must not be nested deeper than {MAX_DEPTH}", path)
        case dict():
            for key, part in value.items():
                fault = _surrogate(key, path) or find_fault(part, [*path, key], depth and depth + 1)
                if fault is not None:
                    return fault
        case list() | tuple():
            for index, part in enumerate(value):
                if (fault := find_fault(part, [*path, index], depth and depth + 1)) is not None:
                    return fault
    return None


def explain_refusal(text: str | bytes, reason: str) -> tuple[str | None, HubError]:
    """Return the id of the request in a text that the parser refused for a `reason`, and the error that names the fault.

    A text that is JSON for other parsers is answered by InvalidMessage with the path to the fault: a number out of
    range, a lone surrogate, or deep nesting.
    """
    refusal = SerializationFailed(f"This is not JSON: {reason}")
    try:
        decoded = text if isinstance(text, str) else text.decode()
    except UnicodeDecodeError:
        return None, refusal
    if (deep := _deeply_nested(decoded)) is not None:
        request_id, key = deep
        fault = InvalidMessage(f"Data must not be nested deeper than {MAX_DEPTH}", [] if key is None else [key])
        return request_id, fault
    try:
        raw = json.loads(decoded, parse_int=_integer, parse_constant=_refuse_constant)
    except ValueError, RecursionError:
        return None, refusal
    if not isinstance(raw, dict):
        return None, SerializationFailed("A message must be a JSON object")
    request_id = raw.get("request_id")
    if isinstance(request_id, str) and _surrogate(request_id, []) is None:
        return request_id, _first_refused(raw) or refusal
    return None, _first_refused(raw) or refusal


def _first_refused(raw: dict[str, Any]) -> InvalidMessage | None:
    return find_fault(_with_floats(raw), [])


def _with_floats(value: Any) -> Any:
    # Parsers accept integers beyond 64 bits, as floats: only values out of a float's range are refused.
    match value:
        case bool():
            return value
        case int():
            return float(value) if abs(value) < 10**308 else math.inf
        case dict():
            return {key: _with_floats(part) for key, part in value.items()}
        case list():
            return [_with_floats(part) for part in value]
    return value


def _surrogate(text: str, path: Path) -> InvalidMessage | None:
    if text.isascii() or _SURROGATE.search(text) is None:
        return None
    return InvalidMessage("A text must not contain a lone surrogate", path)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} isn't JSON")


def _deeply_nested(text: str) -> tuple[str | None, str | None] | None:
    # Return the request id and the key of the message whose value is nested too deeply, if one is. A parser would recurse.
    depth, key, deep_key, is_deep, request_id = 0, None, None, False, None
    for match in _TOKEN.finditer(text):
        part = match[0]
        if part in "[{":
            depth += 1
            if depth > MAX_SCANNED_DEPTH and not is_deep:
                is_deep, deep_key = True, key
        elif part in "]}":
            depth -= 1
        elif depth == 1:
            if match[2] is not None:
                key = match[1]
            elif key == "request_id" and "\\" not in match[1]:
                request_id = match[1]
    return (request_id, deep_key) if is_deep and depth == 0 and text.lstrip().startswith("{") else None
