"""The JSON Schemas of results: the `data` of a `result`, by the request that it answers."""

from types import get_original_bases
from typing import Any, Final, get_args, is_typeddict

import msgspec

from custom_components.moosicbox.engine.library.models import (
    Album,
    AlbumDetails,
    Artist,
    ArtistDetails,
    Book,
    BookDetails,
    Chapters,
    Episode,
    Genre,
    LibraryTrack,
    Lyrics,
    PlayedTrack,
    Playlist,
    PlaylistDetails,
    Podcast,
    PodcastDetails,
    Scrobbling,
    Station,
    TrackDetails,
)
from custom_components.moosicbox.engine.protocol.library_request import ItemKind

from .messages import Message

STATES: Final = {
    "room_command.join": "server.room_state",
    "room_command.get": "server.room_state",
    "household_command.get": "server.household_state",
}
"""Requests that are answered by the fields of a state."""
OTHERWISE_ANSWERED: Final = {"authenticate", "ping", "time_sync"}
"""Requests with an answer of another type than `result`."""
ITEM: Final = (
    *(AlbumDetails, BookDetails, ArtistDetails, TrackDetails, PlaylistDetails, Station, PodcastDetails, Episode),
    *(Lyrics, Chapters, Scrobbling, None),
)
"""The types of an `item`: None is a playlist, a station or a podcast that was deleted."""
LISTED: Final = (PlayedTrack, LibraryTrack, Album, Book, Artist, Genre, Playlist, Station, Podcast, Episode)
NOTHING: Final = {"type": "object", "maxProperties": 0}

HIDDEN: Final = ("title", "description", "default", "discriminator")
"""Keywords that say nothing about what is sent."""

type Schema = dict[str, Any]


def result_schemas(messages: list[Message], defs: Schema) -> Schema:
    """Return the schema of each request's result, by the request's name.

    Args:
        messages: The messages of clients.
        defs: The schemas of records and of the hub's messages, which the results refer to.
    """
    results = {}
    for message in messages:
        if message.name in STATES:
            results[message.name] = _state(defs[STATES[message.name]])
        elif message.name == "library_request":
            results[message.name] = _library(defs)
        elif message.name not in OTHERWISE_ANSWERED:
            found = _result_type(message.model)
            results[message.name] = NOTHING if found is None else _schema((found,), defs)
    return results


def _result_type(model: type[msgspec.Struct]) -> Any:
    for base in get_original_bases(model):
        if (arguments := get_args(base)) and is_typeddict(arguments[0]):
            return arguments[0]
    return None


def _state(definition: Schema) -> Schema:
    own = [field for field in definition["properties"] if field not in ("type", "topic", "snapshot")]
    properties = {field: definition["properties"][field] for field in own}
    required = [field for field in own if field in definition["required"]]
    return {"type": "object", "properties": properties, "required": required}


def _library(defs: Schema) -> Schema:
    listed = _schema(LISTED, defs)
    # A hit of a search is an item with two more fields.
    hit = {"kind": {"enum": [*get_args(ItemKind.__value__)]}, "score": {"type": "number"}}
    properties = {
        "item": _schema(ITEM, defs),
        "items": {"type": "array", "items": {**listed, "properties": hit}},
        "total": {"type": "integer", "minimum": 0},
        "next_cursor": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _schema(models: tuple[Any, ...], defs: Schema) -> Schema:
    schemas, components = msgspec.json.schema_components(models, ref_template="{name}")
    found: list[Schema] = [_inlined(schema, components, defs) for schema in schemas]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _inlined(value: Any, components: Schema, defs: Schema) -> Any:
    # References to records of the protocol are kept; those that only results have are written out.
    if isinstance(value, list):
        return [_inlined(part, components, defs) for part in value]
    if not isinstance(value, dict):
        return value
    if isinstance(pattern := value.get("pattern"), str):
        # \Z is Python's; JSON Schema uses $.
        return {**value, "pattern": pattern.replace(r"\Z", "$")}
    if isinstance(reference := value.get("$ref"), str):
        if reference in defs:
            return {"$ref": f"#/$defs/{reference}"}
        return _inlined(_all_sent(components[reference]), components, defs)
    inlined = {
        key: _inlined(part, components, defs) for key, part in value.items() if key not in (*HIDDEN, "properties")
    }
    if "properties" in value:
        inlined["properties"] = {name: _inlined(part, components, defs) for name, part in value["properties"].items()}
    return inlined


def _all_sent(component: Schema) -> Schema:
    if "properties" not in component:
        return component
    sent = [
        field
        for field, property_ in component["properties"].items()
        if field in component.get("required", ()) or "default" in property_
    ]
    return {**component, "required": sent}
