"""A library that cancels its own work ends a link, but never the client."""

import asyncio

from aiohttp import ClientWebSocketResponse
import pytest

from custom_components.moosicbox.engine.client import Connected, ConnectionClosed, MoosicBoxClient
from custom_components.moosicbox.engine.client.websocket import WebSocketLink

from .conftest import Dial


async def test_cancelled_read_is_a_lost_link(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await dial(reconnect_delay=0.01)
    connected = client.events(Connected)
    receive = ClientWebSocketResponse.receive

    async def cut_off(self: ClientWebSocketResponse, timeout: float | None = None) -> object:
        await receive(self, timeout)
        monkeypatch.undo()
        raise asyncio.CancelledError

    monkeypatch.setattr(ClientWebSocketResponse, "receive", cut_off)
    await client.connection.link.drop()
    await asyncio.wait_for(anext(connected), 10)


async def test_cancelled_attempt_is_retried(address: str, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    greet = WebSocketLink.greet
    attempts = []

    async def cut_off(self: WebSocketLink) -> object:
        attempts.append(self)
        if len(attempts) == 1:
            raise asyncio.CancelledError
        return await greet(self)

    monkeypatch.setattr(WebSocketLink, "greet", cut_off)
    async with MoosicBoxClient(address, token=token, reconnect_delay=0.01):
        assert len(attempts) == 2


async def test_timeout_while_connecting_closes_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConnectionClosed):
        async with MoosicBoxClient("http://127.0.0.1:1", token="x", connect_timeout=0.05):
            pass
