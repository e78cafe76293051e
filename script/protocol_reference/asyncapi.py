"""The protocol as an AsyncAPI 3 document: the hub's WebSocket with the messages that it receives and sends."""

from typing import Any, Final

from .messages import Message

CHANNEL: Final = "#/channels/session"


def asyncapi(client: list[Message], server: list[Message], version: str) -> dict[str, Any]:
    """Return the document. Its payloads refer to schema.json beside it."""
    received = [(f"client.{message.name}", message.summary) for message in client]
    sent = [(f"server.{message.name}", message.summary) for message in server]
    sent.append(("server.error", "A refusal."))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "MoosicBox",
            "version": version,
            "description": "A session with the hub. The reference beside this file explains it.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "home_assistant": {
                "host": "homeassistant.local:8123",
                "protocol": "ws",
                "description": "A Home Assistant with the integration; wss if it is served by https.",
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
                    for name, summary in received + sent
                },
                "bindings": {"ws": {"method": "GET"}},
            }
        },
        "operations": {
            "receive": _operation("receive", [name for name, _ in received]),
            "send": _operation("send", [name for name, _ in sent]),
        },
    }


def _operation(action: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": CHANNEL},
        "messages": [{"$ref": f"{CHANNEL}/messages/{name}"} for name in names],
    }
