"""Polling requests over HTTP."""

from typing import override

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec import UNSET, UnsetType

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.protocol.client import Authenticate
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.server import Hello
from custom_components.moosicbox.engine.sessions.session import Connection
from custom_components.moosicbox.engine.transport.endpoint import Endpoint
from custom_components.moosicbox.engine.transport.gateway import HubGateway, HubSession
from tests.engine.fakes import Harness, principal


class ClosingGateway(HubGateway):
    """A gateway that closes each connection at once, as an edge does that receives both in one batch."""

    @override
    async def open(
        self,
        connection: Connection,
        message: Authenticate,
        principal: Principal | None,
        hello: Hello | UnsetType = UNSET,
    ) -> HubSession:
        session = await super().open(connection, message, principal, hello)
        session.drop(CloseCode.SLOW_CONSUMER, "Too many messages are waiting to be read")
        return session


async def test_a_connection_that_was_closed_while_it_opened_is_not_kept(socket_enabled: None) -> None:
    harness = Harness()
    harness.tokens = {"token": principal()}
    await harness.hub.start()
    endpoint = Endpoint(ClosingGateway(harness.hub))
    app = web.Application()
    app.router.add_post("/sessions", endpoint.polling.open)
    async with TestClient(TestServer(app)) as client:
        response = await client.post(
            "/sessions",
            json={"type": "authenticate", "client": {"name": "Poller", "kind": "controller"}},
            headers={"Authorization": "Bearer token"},
        )
        error = await response.json()
    assert (response.status, error["error_type"]) == (410, "connection_closed")
    assert error["close_code"] == CloseCode.SLOW_CONSUMER
    assert len(endpoint) == 0
    await harness.hub.stop(CloseCode.GOING_AWAY, "Over")
