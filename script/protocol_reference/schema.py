"""The JSON Schema of all messages. The field tables are generated from it, so that both agree."""

from typing import Any, Final

import msgspec

from custom_components.moosicbox.engine.protocol.errors import HubError

from .messages import Message
from .results import result_schemas
from .texts import Texts

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

type Schema = dict[str, Any]


def schema(client: list[Message], server: list[Message], texts: Texts) -> Schema:
    """Return the schema of all messages, and of the records that they consist of."""
    defs = _definitions("client", client, texts) | _definitions("server", server, texts)
    results = result_schemas(client, defs)
    for request, result in results.items():
        defs[f"client.{request}"]["x-result"] = {"$ref": f"#/$defs/result.{request}"}
        defs[f"result.{request}"] = {"title": f"result.{request}", **result}
    distinct = {repr(result): f"#/$defs/result.{request}" for request, result in reversed(results.items())}
    defs["server.result"]["properties"]["data"]["anyOf"] = [{"$ref": name} for name in sorted(distinct.values())]
    defs["server.error"] = _error_schema(defs["server.queue_updated"]["properties"]["ops"]["items"])
    return {
        "$schema": DIALECT,
        "title": "MoosicBox protocol, version 1",
        "description": "Any message. Unknown fields are ignored; a field that a client may leave out may be null as well.",
        "anyOf": [{"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ServerMessage"}],
        "$defs": {
            "ClientMessage": _any_of("A message of a client.", "client", defs),
            "ServerMessage": _any_of("A message of the hub.", "server", defs),
            **dict(sorted(defs.items())),
        },
    }


def _any_of(description: str, side: str, defs: Schema) -> Schema:
    names = sorted(name for name in defs if name.startswith(f"{side}."))
    return {"description": description, "anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}


def _definitions(side: str, messages: list[Message], texts: Texts) -> Schema:
    names = {message.model.__name__: f"{side}.{message.name}" for message in messages}
    _, components = msgspec.json.schema_components([message.model for message in messages], ref_template="{name}")
    defs = {}
    for title, component in components.items():
        name = names.get(title, title)
        found = _tidied(component, names)
        found["title"] = name
        if side == "server":
            # Fields with a default are always sent; only unset ones are left out.
            found["required"] = [field for field in found["properties"] if _is_sent(component, field)]
        if name in names.values() and "type" not in found["required"]:
            found["required"] = ["type", *found["required"]]
            found["properties"]["type"].pop("default", None)
        if side == "client":
            found["properties"] = {
                field: property_ if field in found["required"] else _nullable(property_)
                for field, property_ in found["properties"].items()
            }
        for field, property_ in found["properties"].items():
            if text := texts.field(side if name in names.values() else "record", name.removeprefix(f"{side}."), field):
                property_["description"] = text
        defs[name] = found
    return defs


def _nullable(property_: Schema) -> Schema:
    # The hub reads null as if the field were absent.
    if not property_ or {"type": "null"} in property_.get("anyOf", ()):
        return property_
    outer: Schema = {key: property_[key] for key in ("default", "description") if key in property_}
    inner = {key: value for key, value in property_.items() if key not in outer}
    return {"anyOf": [*(inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]), {"type": "null"}], **outer}


def _is_sent(component: Schema, field: str) -> bool:
    return field in component["required"] or "default" in component["properties"][field]


def _tidied(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_tidied(part, names) for part in value]
    if not isinstance(value, dict):
        return value
    tidied = {key: _tidied(part, names) for key, part in value.items()}
    if isinstance(reference := tidied.get("$ref"), str):
        tidied["$ref"] = f"#/$defs/{names.get(reference, reference)}"
    if isinstance(pattern := tidied.get("pattern"), str):
        # \Z is Python's; JSON Schema uses $.
        tidied["pattern"] = pattern.replace(r"\Z", "$")
    # The mapped names are constants in the records themselves.
    tidied.pop("discriminator", None)
    if "default" in tidied and tidied["default"] in (None, {}):
        del tidied["default"]
    return tidied


def _error_schema(op: Schema) -> Schema:
    # An error has no model; each error class adds its own fields. `op` is the schema of a queue's change.
    return {
        "title": "server.error",
        "description": "A refusal; with `request_id` it is the answer to that request.",
        "type": "object",
        "properties": {
            "type": {"enum": ["error"]},
            "error_type": {"type": "string", "enum": sorted(error.error_type for error in errors())},
            "message": {"type": "string", "description": "For people."},
            "retryable": {"type": "boolean", "description": "True if the same request may succeed later."},
            "retry_after": {"type": "number", "description": "Seconds to wait at least."},
            "request_id": {"type": "string"},
            "limit": {"type": "integer", "minimum": 0, "description": "Messages (or bytes) a minute."},
            "path": {
                "type": "array",
                "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "description": "Names and indexes from the message to the wrong field.",
            },
            "size": {"type": "integer", "minimum": 0, "description": "Bytes."},
            "max_size": {"type": "integer", "minimum": 0, "description": "Bytes."},
            "close_code": {"type": "integer", "minimum": 1000, "maximum": 4999},
            "rule_id": {"type": "string", "description": "The rule that forbids it."},
            "max_volume": {"type": "number", "minimum": 0, "maximum": 1, "description": "The highest volume allowed."},
            "revision": {"type": "integer", "minimum": 0, "description": "The queue's current revision."},
            "ops": {"type": "array", "items": op, "description": "The missed changes."},
        },
        "required": ["type", "error_type", "message", "retryable"],
    }


def errors() -> list[type[HubError]]:
    """Return all errors of the protocol."""
    return HubError.__subclasses__()
