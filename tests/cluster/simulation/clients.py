"""Clients of a simulated cluster, which follow the protocol and record all messages."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
import itertools
import json
import random
from typing import Any, Protocol, override

from .virtual_time import OUTSIDE

RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 12.0
"""How long a client waits for an answer before it reconnects, in seconds."""


class Attachment(Protocol):
    """A connection of a client."""

    over: bool

    def open(self, message: dict[str, Any]) -> None:
        """Send the first message."""

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""

    def leave(self) -> None:
        """Close the connection."""


class Reachable(Protocol):
    """A node that clients can connect to."""

    name: str

    @property
    def dead(self) -> bool:
        """True if its connections are broken."""

    def attach(self, client: Client) -> Attachment:
        """Connect a client."""


@dataclass
class Operation:
    """A request of a client, to be executed once."""

    message: dict[str, Any]
    answer: dict[str, Any] | None = None
    sent: bool = False
    lost: bool = False
    """True if it can't be known any more whether it was executed."""
    acknowledged_at: float = field(default=0.0)

    @property
    def done(self) -> bool:
        """True if it was acknowledged."""
        return self.answer is not None and self.answer["type"] == "result"

    @property
    def repeatable(self) -> bool:
        """True if it may be repeated in another session."""
        return "op_id" in self.message or self.message.get("action") in ("join", "leave", "get")


class Client:
    """A client that reconnects and resumes forever."""

    def __init__(
        self, name: str, loop: asyncio.AbstractEventLoop, chance: random.Random, reach: Callable[[], Reachable | None]
    ) -> None:
        """Set up with a function that returns a node to connect to, or `None`."""
        self.name = name
        self.token = name
        self.attached: Attachment | None = None
        self.welcomed = False
        self.codes: list[int] = []
        self.operations: list[Operation] = []
        self.received: list[tuple[str, str, int, bytes]] = []
        """Epoch, topic, offset and text of each numbered message."""
        self.orders: list[dict[str, Any]] = []
        """The commands of its player."""
        self.faults: list[str] = []
        """Violations of the protocol by the hub."""
        self.refusals: list[str] = []
        """The errors of requests that are retried."""
        self.positions: dict[str, dict[str, Any]] = {}
        self.client_id = ""
        self.rooms: set[str] = set()
        self._loop = loop
        self._chance = chance
        self._reach = reach
        self._session: dict[str, str] | None = None
        self._numbers = itertools.count(1)
        self._open: dict[str, Operation] = {}
        self._changed = asyncio.Event()
        self.at: Reachable | None = None

    @override
    def __str__(self) -> str:
        """Return the state, for messages of failed tests."""
        where = "nowhere" if self.at is None else self.at.name
        waiting = [operation.message for operation in self._open.values()]
        return f"{self.name} at {where}: {self.welcomed=} {self.codes=} {waiting=} {self.positions=}"

    # ------------------------------------------------------------ requests

    def ask(self, **message: Any) -> Operation:
        """Send a request, and repeat it until it is answered."""
        request_id = f"{self.name}-{next(self._numbers)}"
        operation = Operation({"request_id": request_id, **message})
        self.operations.append(operation)
        self._open[request_id] = operation
        self._say(operation)
        return operation

    async def stay_connected(self) -> None:
        """Reconnect whenever the connection is lost."""
        while True:
            node = self._reach()
            if node is None:
                await asyncio.sleep(0.2)
                continue
            self.at = node
            attached = self.attached = node.attach(self)
            attached.open(self._greeting())
            await self._stay(attached, node)
            self.attached, self.welcomed = None, False
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))

    async def _stay(self, attached: Attachment, node: Reachable) -> None:
        waiting_since: float | None = None
        while not attached.over and not node.dead:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self._changed.wait()
                    waiting_since = None
            if self.welcomed and not self._open:
                waiting_since = None
                continue
            now = self._loop.time()
            waiting_since = now if waiting_since is None else waiting_since
            if now - waiting_since > TIMEOUT_SECONDS:
                break
        attached.leave()

    def disconnect(self) -> None:
        """Break the connection."""
        if self.attached is not None:
            self.attached.leave()
            self._changed.set()

    def _greeting(self) -> dict[str, Any]:
        greeting: dict[str, Any] = {
            "type": "authenticate",
            "token": self.token,
            "client": {"name": self.name, "kind": "controller"},
        }
        if self.name.startswith("player"):
            greeting["client"] |= {"kind": "player", "player_id": self.name}
        if self._session is not None:
            greeting["resume"] = {**self._session, "positions": self.positions}
        return greeting

    def _say(self, operation: Operation) -> None:
        if self.attached is not None and self.welcomed:
            operation.sent = True
            self.attached.say(operation.message)

    def _repeat(self, operation: Operation) -> None:
        if not operation.sent and operation.message["request_id"] in self._open:
            self._say(operation)

    # ------------------------------------------------------------ messages

    def cut(self, attached: Attachment, code: int) -> None:
        """Handle the end of a connection by the node."""
        if attached is self.attached:
            self.codes.append(code)
            attached.over = True
            self._changed.set()

    def hear(self, attached: Attachment, payload: bytes) -> None:
        """Handle a message."""
        if attached is not self.attached or attached.over:
            return
        self._changed.set()
        message = json.loads(payload)
        match message["type"]:
            case "welcome":
                self._welcomed(message)
            case "subscribed":
                self._begin(message["positions"])
            case "unsubscribed":
                for topic in message["topics"]:
                    self.positions.pop(topic, None)
            case "result" | "error":
                self._answered(message)
            case "synchronized_playback":
                self.orders.append(message)
            case "room_event" if message["event_type"] == "room_closed":
                self.rooms.discard(message["topic"].removeprefix("room:"))
        if "offset" in message and not message.get("snapshot"):
            self._numbered(message, payload)

    def _welcomed(self, message: dict[str, Any]) -> None:
        self.welcomed = True
        self.client_id = message["client_id"]
        self._session = {"session_id": message["session_id"], "secret": message["secret"]}
        before, self.positions = self.positions, {}
        if message["resumed"]:
            for topic, position in message["positions"].items():
                if topic in before and before[topic] != position:
                    self.faults.append(f"{self.name} was at {before[topic]} of {topic} and resumes at {position}")
        else:
            for request_id, operation in tuple(self._open.items()):
                if operation.sent and not operation.repeatable:
                    operation.lost = True
                    del self._open[request_id]
        self._begin(message["positions"])
        for operation in tuple(self._open.values()):
            self._say(operation)
        if not message["resumed"]:
            for room_id in sorted(self.rooms):
                self.ask(type="room_command", action="join", room_id=room_id)

    def _begin(self, positions: dict[str, dict[str, Any]]) -> None:
        for topic, position in positions.items():
            self.positions[topic] = dict(position)

    def _answered(self, message: dict[str, Any]) -> None:
        # A refused first message is answered without a request id.
        if (operation := self._open.get(message.get("request_id", ""))) is None:
            return
        if message.get("retryable"):
            operation.sent = False
            self.refusals.append(message["error_type"])
            self._loop.call_later(RETRY_SECONDS, self._repeat, operation, context=OUTSIDE)
            return
        operation.answer = message
        operation.acknowledged_at = self._loop.time()
        del self._open[message["request_id"]]
        self._begin(message.get("data", {}).get("positions", {}))

    def _numbered(self, message: dict[str, Any], payload: bytes) -> None:
        position = self.positions[message["topic"]]
        if message["offset"] != position["offset"] + 1:
            self.faults.append(f"{self.name} missed or repeated {message['topic']} after {position}: {message}")
        position["offset"] = message["offset"]
        self.received.append((position["epoch"], message["topic"], message["offset"], payload))

    @property
    def epoch(self) -> str:
        """The epoch of its positions."""
        return next((position["epoch"] for position in self.positions.values()), "")

    @property
    def settled(self) -> bool:
        """True if it is connected and all requests are answered."""
        return self.welcomed and not self._open
