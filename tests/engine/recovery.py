"""Clients of both transports for tests of recovery."""

import asyncio
from collections.abc import Callable
import json
from typing import Any

from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.client import Request
from custom_components.moosicbox.engine.protocol.codec import Decoded
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.transport.gateway import HubGateway, HubSession
from custom_components.moosicbox.engine.transport.polling import PollingConnection
from tests.engine.fakes import Harness


class Wire:
    """A client's end of a WebSocket: unread messages are lost with the connection."""

    def __init__(self, harness: Harness, who: Principal, **fields: Any) -> None:
        self.harness = harness
        self.session, self.connection = harness.connect(who, **fields)

    @property
    def closed(self) -> bool:
        return self.connection.closed is not None

    def take(self, *, arrives: bool = True) -> list[dict[str, Any]]:
        """Return the received messages; none if they haven't arrived yet."""
        return self.connection.take() if arrives else []

    def ask(self, message: Request) -> list[dict[str, Any]]:
        """Send a message; return its answer and all other received messages."""
        self.harness.say(self.session, message)
        return self.take()


class Poller:
    """A client's end of polling: a fetch confirms the messages of the previous one, and its response may get lost."""

    def __init__(self, harness: HarnessWithLoop, who: Principal, **fields: Any) -> None:
        self.harness = harness
        self.closed = False
        self.connection = harness.run(self._connect())
        self.session = harness.open(self.connection, who, **fields)
        self._begun = [json.loads(self.connection.start(HubSession(harness.hub, self.session)).payload)]
        self._cursor: str | None = None

    async def _connect(self) -> PollingConnection:
        return PollingConnection(HubGateway(self.harness.hub), Peer("127.0.0.1", None), self._ended)

    def _ended(self, _connection: PollingConnection, _code: CloseCode) -> None:
        self.closed = True

    def take(self, *, arrives: bool = True) -> list[dict[str, Any]]:
        """Fetch messages; none if the response gets lost."""
        begun, self._begun = self._begun, []
        frames, cursor = self.harness.run(self.connection.fetch(self._cursor, 0))
        if not arrives:
            return begun
        self._cursor = cursor
        return begun + [json.loads(frame.payload) for frame in frames]

    def ask(self, message: Request) -> list[dict[str, Any]]:
        """Send a message; return its answer, then all other messages."""
        answers = self.harness.run(self.connection.receive([Decoded(message.request_id, message)]))
        return [json.loads(frame.payload) for frame in answers] + self.take()


TRANSPORTS: dict[str, Callable[..., Wire | Poller]] = {"websocket": Wire, "polling": Poller}


class HarnessWithLoop(Harness):
    """A hub with an event loop for polling connections."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._loop = asyncio.new_event_loop()
        self.run = self._loop.run_until_complete
        self.close = self._loop.close


class Client:
    """A client that follows the protocol: it keeps its positions and the messages that it received."""

    def __init__(self, end: Wire | Poller) -> None:
        self.session = end.session
        self.connection: Wire | Poller | None = end
        self.follows: set[str] = set()
        """The topics that it subscribed to or was assigned."""
        self.positions: dict[str, dict[str, Any]] = {}
        self.held: dict[str, list[Any]] = {}
        """The received messages by topic, since the last position that the hub named."""
        self.base: dict[str, int] = {}
        self.snapshots: set[tuple[str, str]] = set()
        self.answers: dict[str, dict[str, Any]] = {}

    def begin(self, positions: dict[str, dict[str, Any]]) -> None:
        for topic, position in positions.items():
            if topic in self.positions and self.positions[topic] == position:
                continue
            self.positions[topic] = dict(position)
            self.base[topic] = position["offset"]
            self.held[topic] = []

    def forget(self, topics: Any) -> None:
        for topic in topics:
            self.positions.pop(topic, None)
            self.held.pop(topic, None)
            self.base.pop(topic, None)

    def read(self, *, arrives: bool = True) -> list[dict[str, Any]]:
        """Read and apply the waiting messages."""
        assert self.connection is not None
        return self.apply(self.connection.take(arrives=arrives))

    def ask(self, message: Request) -> list[dict[str, Any]]:
        """Read all waiting messages, then send a request."""
        assert self.connection is not None
        self.read()
        return self.apply(self.connection.ask(message))

    def apply(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Apply messages."""
        for message in messages:
            match message["type"]:
                case "welcome" | "subscribed":
                    self.begin(message["positions"])
                case "unsubscribed":
                    self.forget(message["topics"])
                case "result" | "error":
                    self.answers[message["request_id"]] = message
                    self.begin(message.get("data", {}).get("positions", {}))
            if message.get("snapshot"):
                self.snapshots.add((message["topic"], message["type"]))
                assert "offset" not in message
            elif "offset" in message:
                self._numbered(message)
        return messages

    def _numbered(self, message: dict[str, Any]) -> None:
        position = self.positions[message["topic"]]
        assert message["offset"] == position["offset"] + 1, "none lost, none twice"
        position["offset"] = message["offset"]
        self.held[message["topic"]].append(message["data"] if message["type"] == "message" else None)
