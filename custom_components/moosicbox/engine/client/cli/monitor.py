"""`moosicbox monitor`: prints events as they happen."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from ..connection_events import Connected, Disconnected
from ..messages import ErrorMessage, UnknownMessage
from .context import command, create_client, options, out, show_json

PRINTED_FIELDS = (
    "player_id",
    "room_id",
    "event_type",
    "username",
    "state",
    "message",
    "event",
    "reason",
    "volume",
    "muted",
)


@command
async def monitor(
    topics: Annotated[
        list[str] | None, typer.Argument(help="Only these topics, such as player:kitchen.", show_default="all")
    ] = None,
) -> None:
    """Print events until Ctrl-C; with `--json` before the command, one JSON message a line."""
    hub = await create_client(subscribe=tuple(topics) if topics else None)
    events = hub.events(object)
    async with hub:
        async for event in events:
            print_event(event)


def print_event(event: object) -> None:
    """Print an event as a line for people, or as JSON."""
    fields = _fields(event)
    if options.json:
        show_json(fields)
        return
    parts = [f"{name}={fields[name]}" for name in PRINTED_FIELDS if fields.get(name) not in (None, "")]
    track = fields.get("track") or fields.get("current_track")
    if isinstance(track, dict):
        parts.append(" – ".join(filter(None, (track.get("artist"), track.get("title")))))
    topic = fields.get("topic", "")
    out.print(f"[dim]{datetime.now():%H:%M:%S}[/dim] {topic:20} [bold]{fields['type']}[/bold] {' '.join(parts)}")  # noqa: DTZ005


def _fields(event: object) -> dict[str, Any]:
    match event:
        case UnknownMessage():
            return event.fields
        case ErrorMessage():
            return {"type": "error", "error_type": event.error.error_type, "message": event.error.message}
        case Connected():
            return {"type": "connected", "resumed": event.resumed, "transport": event.transport}
        case Disconnected():
            return {"type": "disconnected", "code": event.code, "reason": event.reason, "retry_in": event.retry_in}
    fields: dict[str, Any] = msgspec.to_builtins(event)
    return fields
