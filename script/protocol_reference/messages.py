"""The messages of the protocol, from the hub's own tables and models."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock

import msgspec

from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.dispatcher import Row
from custom_components.moosicbox.engine.protocol.codec import message_name
from custom_components.moosicbox.engine.protocol.server import NumberedMessage, ServerMessage, StateMessage

GOLDEN: Final = Path(__file__).parents[2] / "tests" / "golden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `name` is its type; in a family of messages, type and action with a dot between them."""

    name: str
    model: type[msgspec.Struct]
    examples: list[str]
    row: Row | None = None

    @property
    def summary(self) -> str:
        """The description, in a sentence."""
        return (self.model.__doc__ or "").strip()

    @property
    def sort(self) -> str:
        """`numbered`, `state`, or empty for neither."""
        if issubclass(self.model, NumberedMessage):
            return "numbered"
        return "state" if issubclass(self.model, StateMessage) else ""


def client_messages() -> list[Message]:
    """Return the messages of clients, in the order of the hub's table."""
    # The table is complete once the hub is built; its dependencies are not used.
    hub = build_hub(version="", media=Mock(), authentication=Mock(), store=Mock())
    return [
        Message(name=name, model=row.model, examples=examples("client", name), row=row)
        for row in hub.dispatcher.rows
        for name in [".".join(filter(None, message_name(row.model)))]
    ]


def server_messages() -> list[Message]:
    """Return the messages of the hub."""
    return [
        Message(name=name, model=model, examples=examples("server", name))
        for model in _leaves(ServerMessage)
        for name in [str(model.__struct_config__.tag)]
    ]


def examples(side: str, name: str) -> list[str]:
    """Return the golden frames of a message, the plain one first."""
    plain = GOLDEN / side / f"{name}.json"
    variants = sorted(plain.parent.glob(f"{name}.*.json"))
    return [path.read_text("utf-8").strip() for path in (plain, *variants) if path.exists()]


def example_object(side: str, name: str) -> dict[str, Any]:
    """Return the plain golden frame of a message."""
    found: dict[str, Any] = json.loads(examples(side, name)[0])
    return found


def _leaves(model: type[ServerMessage]) -> Iterator[type[ServerMessage]]:
    for child in model.__subclasses__():
        if child.__subclasses__():
            yield from _leaves(child)
        else:
            yield child
