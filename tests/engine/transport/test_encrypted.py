"""Over TLS: a reader that stalls gets what waited in its order, or is let go; what is unsent is known there, too."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import ssl
from typing import Any, override

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
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
"""Together more than the kernel and the client's own buffers hold."""


class EveryoneIsAda(Authentication):
    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        return principal("ada", role="user")


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate of its own."""
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


@asynccontextmanager
async def following(hub: Hub, folder: Path) -> AsyncGenerator[ClientWebSocketResponse]:
    """A client that follows `all`, and reads when it is asked to."""
    app = web.Application()
    app.router.add_get("/ws", Endpoint(HubGateway(hub)).serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate(folder)).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/ws"
    async with ClientSession() as session, session.ws_connect(url, ssl=False, max_msg_size=0) as socket:
        who = {"name": "Ada", "kind": "controller"}
        await socket.send_json({"type": "authenticate", "token": "x", "client": who, "subscribe": ["all"]})
        assert (await socket.receive_json())["type"] == "hello"
        assert (await socket.receive_json())["type"] == "welcome"
        yield socket
    await runner.cleanup()


async def publish(hub: Hub) -> None:
    """So much, a message a turn, that the client can't take it all without reading."""
    for number in range(MESSAGES):
        hub.publish("all", CustomMessage(event="count", data={"number": number, "padding": "x" * SIZE}))
        await asyncio.sleep(0)


async def test_all_comes_in_order(hub: Hub, tmp_path: Path, socket_enabled: None) -> None:
    async with following(hub, tmp_path) as socket:
        (session,) = hub.sessions.connected()
        assert session.connection is not None
        outbox = session.connection.outbox
        await publish(hub)
        assert outbox.flow_control.writing_paused
        assert len(outbox)
        # No more than what one turn wrote before it was known that the client takes nothing.
        assert isinstance(outbox.direct, asyncio.Transport)
        assert outbox.direct.get_write_buffer_size() < 2 * SIZE
        heard: list[dict[str, Any]] = [await socket.receive_json() for _ in range(MESSAGES)]
        assert [message["data"]["number"] for message in heard] == list(range(MESSAGES))
        await socket.send_json({"type": "ping", "request_id": "p"})
        assert (await socket.receive_json())["request_id"] == "p"
        assert not len(outbox)


async def test_too_much_waits(hub: Hub, tmp_path: Path, socket_enabled: None) -> None:
    hub.configure(replace(hub.limits, outbound_bytes=SIZE))
    async with following(hub, tmp_path) as socket:
        await publish(hub)
        heard = 0
        while (await socket.receive()).type is WSMsgType.TEXT:
            heard += 1
        assert heard < MESSAGES
        assert socket.close_code == CloseCode.SLOW_CONSUMER
