"""A node of a cluster, or a single hub. Arguments: port, control socket, name, optionally the URL of Redis."""

import asyncio
import json
from pathlib import Path
import sys
import time
from typing import Any, override

from aiohttp import web

from custom_components.moosicbox.engine.access.authentication import Authentication, Peer
from custom_components.moosicbox.engine.access.rights import ROLES, Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.cluster.node import ClusterNode
from custom_components.moosicbox.engine.cluster.redis_bus import RedisBus
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.metrics import Traffic
from custom_components.moosicbox.engine.protocol.client import Authenticate, ClientInfo
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.store import NoStore
from custom_components.moosicbox.engine.transport.endpoint import Endpoint
from custom_components.moosicbox.engine.transport.gateway import Gateway, HubGateway, SessionHandle

from .control import listen
from .messages import message

MANY = 10**9
LIMITS = Limits(
    messages_per_minute=MANY,
    burst_size=MANY,
    bytes_per_minute=MANY,
    max_connections=MANY,
    max_connections_per_user=MANY,
    max_unauthenticated_per_address=MANY,
)


class EveryoneIsAdmin(Authentication):
    """An authentication that accepts every token as an administrator's."""

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        return Principal(sub="benchmark", name="Benchmark", permissions=ROLES["admin"], credential="benchmark")

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        return principal


class Publisher:
    """A client inside the process that broadcasts."""

    transport = "inside"

    def __init__(self, gateway: Gateway) -> None:
        self.peer = Peer("127.0.0.1", None)
        self.traffic = Traffic()
        self.outbox = gateway.new_outbox(self, self.traffic)
        self._gateway = gateway
        self._member: SessionHandle | None = None

    async def open(self) -> None:
        """Connect."""
        who = Authenticate(token="x", client=ClientInfo(name="Publisher", kind="controller"), subscribe=())  # noqa: S106
        self._member = await self._gateway.open(self, who, None)

    def flush(self) -> bool:
        """Drop the frames of the outbox."""
        self.outbox.pop_frames(MANY)
        return True

    def overflow(self) -> None:
        """Ignore overflows: all frames are dropped."""

    def fail(self, error: Exception) -> None:
        """Raise the error."""
        raise error

    def close(self, _code: CloseCode, _reason: str) -> None:
        """Reconnect if the session was closed."""
        self._member = None

    def publish(self, burst: int, size: int) -> None:
        """Broadcast to all clients."""
        for _ in range(burst):
            at_us = time.monotonic_ns() // 1000
            data = {**message(size), "at_us": at_us}
            text = json.dumps({"type": "broadcast", "target": "all", "event": "benchmark", "data": data})
            assert self._member is not None
            self._member.receive(self._gateway.decode(text.encode()), self._gateway.clock.now_us())


async def main(port: int, control: Path, name: str, url: str = "") -> None:
    """Serve until the process is ended."""

    def make_hub(clock: Clock) -> Hub:
        return build_hub(
            version="benchmark",
            media=None,  # type: ignore[arg-type]
            authentication=EveryoneIsAdmin(),
            store=NoStore(),
            clock=clock,
            limits=LIMITS,
            node_id=name,
        )

    node: ClusterNode | None = None
    gateway: Gateway
    if url:
        node = ClusterNode(RedisBus(url), node_id=name, version="benchmark", limits=LIMITS, make_hub=make_hub)
        await node.start()
        gateway = node.gateway
    else:
        hub = make_hub(Clock())
        await hub.start()
        gateway = HubGateway(hub)
    app = web.Application()
    app.router.add_get("/ws", Endpoint(gateway).serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    while not gateway.running:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.05)
    publisher = Publisher(gateway)
    await publisher.open()

    def status() -> dict[str, Any]:
        shift_us = gateway.clock.now_us() - time.monotonic_ns() // 1000
        return {"shift_us": shift_us, "leads": node is None or node.status().leads}

    await listen(control, publisher.publish, {b"status": status})
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
