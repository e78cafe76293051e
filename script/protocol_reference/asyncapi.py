"""The same as an AsyncAPI 3 document, for its tools: the hub's WebSocket, what it receives there and what it sends."""

from typing import Any, Final

from .messages import Message

CHANNEL: Final = "#/channels/session"


def asyncapi(client: list[Message], server: list[Message], version: str) -> dict[str, Any]:
    """The document. Payloads are those of schema.json beside it."""
    said = [(f"client.{message.name}", message.summary) for message in client]
    heard = [(f"server.{message.name}", message.summary) for message in server]
    heard.append(("server.error", "A refusal."))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "MoosicBox",
            "version": version,
            "description": "A session with the hub. The reference beside this file tells what it means.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "home_assistant": {
                "host": "homeassistant.local:8123",
                "protocol": "ws",
                "description": "Any Home Assistant that has the integration; wss where it is served by https.",
            }
        },
        "channels": {
            "session": {
                "address": "/api/moosicbox/ws",
                "messages": {
                    name: {
                        "name": name.partition(".")[2],
                        "summary": summary,
                        "payload": {"$ref": f"./schema.json#/$defs/{name}"},
                    }
                    for name, summary in said + heard
                },
                "bindings": {"ws": {"method": "GET"}},
            }
        },
        "operations": {
            "receive": _operation("receive", [name for name, _ in said]),
            "send": _operation("send", [name for name, _ in heard]),
        },
    }


def _operation(action: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": CHANNEL},
        "messages": [{"$ref": f"{CHANNEL}/messages/{name}"} for name in names],
    }
