"""Slow readers over TLS: unsent data is detected, waiting messages arrive in order, or the connection is closed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import socket
import ssl
from typing import Any, override

from aiohttp import AddrInfoType, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
import pytest

from custom_components.moosicbox.engine.access.authentication import Authentication, Peer
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.server import CustomMessage
from custom_components.moosicbox.engine.transport.endpoint import Endpoint
from custom_components.moosicbox.engine.transport.gateway import HubGateway
from tests.engine.fakes import FakeMedia, FakeStore, principal

SIZE = 50_000
MESSAGES = 200
"""Together more than all buffers between hub and client hold."""
RECEIVE_BUFFER = 65_536
"""The client's kernel buffer; without a fixed size it may grow to hold all messages."""


class EveryoneIsAda(Authentication):
    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        return principal("ada", role="user")

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        return principal


def certificate(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS context with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
async def hub() -> AsyncGenerator[Hub]:
    hub = build_hub(
        version="test",
        media=FakeMedia(),
        authentication=EveryoneIsAda(),
        store=FakeStore(),
        limits=replace(Limits(), outbound_bytes=MESSAGES * SIZE * 2, compression=False),
    )
    await hub.start()
    yield hub
    await hub.stop(CloseCode.GOING_AWAY, "over")


def small_socket(address: AddrInfoType) -> socket.socket:
    family, kind, protocol, *_ = address
    opened = socket.socket(family, kind, protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return opened


@asynccontextmanager
async def following(hub: Hub, folder: Path) -> AsyncGenerator[ClientWebSocketResponse]:
    """Connect a client that follows `all` and reads only when the test does."""
    app = web.Application()
    app.router.add_get("/ws", Endpoint(HubGateway(hub)).serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate(folder)).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/ws"
    connector = TCPConnector(ssl=False, socket_factory=small_socket)
    async with ClientSession(connector=connector) as session, session.ws_connect(url, max_msg_size=0) as client:
        who = {"name": "Ada", "kind": "controller"}
        await client.send_json({"type": "authenticate", "token": "x", "client": who, "subscribe": ["all"]})
        assert (await client.receive_json())["type"] == "hello"
        assert (await client.receive_json())["type"] == "welcome"
        yield client
    await runner.cleanup()


async def publish(hub: Hub) -> None:
    """Publish more than a client can receive without reading, one message per turn of the event loop."""
    for number in range(MESSAGES):
        hub.publish("all", CustomMessage(event="count", data={"number": number, "padding": "x" * SIZE}))
        await asyncio.sleep(0)


async def test_a_slow_reader_gets_all_messages_in_order(hub: Hub, tmp_path: Path, socket_enabled: None) -> None:
    async with following(hub, tmp_path) as client:
        (session,) = hub.sessions.connected()
        assert session.connection is not None
        outbox = session.connection.outbox
        await publish(hub)
        assert outbox.flow_control.writing_paused
        assert len(outbox)
        # At most what one turn wrote before the transport reported that it is paused.
        assert isinstance(outbox.direct, asyncio.Transport)
        assert outbox.direct.get_write_buffer_size() < 2 * SIZE
        heard: list[dict[str, Any]] = [await client.receive_json() for _ in range(MESSAGES)]
        assert [message["data"]["number"] for message in heard] == list(range(MESSAGES))
        await client.send_json({"type": "ping", "request_id": "p"})
        assert (await client.receive_json())["request_id"] == "p"
        assert not len(outbox)


async def test_a_reader_that_exceeds_the_bounds_is_disconnected(hub: Hub, tmp_path: Path, socket_enabled: None) -> None:
    hub.configure(replace(hub.limits, outbound_bytes=SIZE))
    async with following(hub, tmp_path) as client:
        await publish(hub)
        heard = 0
        while (await client.receive()).type is WSMsgType.TEXT:
            heard += 1
        assert heard < MESSAGES
        assert client.close_code == CloseCode.SLOW_CONSUMER
