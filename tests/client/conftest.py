"""Fixtures: the client and a real hub in a real Home Assistant."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
import pytest_socket

from custom_components.moosicbox.engine.client import MoosicBoxClient
from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.settings import RATES
from tests.fixtures import connect, create_token, entry, http, hub, kitchen, media_folder, songs, token  # noqa: F401
from tests.http import HttpClient
from tests.wire.rooms import ben  # noqa: F401

type Dial = Callable[..., Any]


@pytest.fixture(autouse=True)
def loopback() -> None:
    """Enable the sockets that Home Assistant's test plugin disables; connections stay on this machine."""
    pytest_socket.enable_socket()


@pytest.fixture
def clock() -> Clock:
    """Return a real clock, since the client uses real time."""
    return Clock()


@pytest.fixture
async def address(http: HttpClient, hub: Hub) -> str:  # noqa: F811
    """Return Home Assistant's address. Its hub takes messages at ten times the usual rate: clients wait in real time."""
    rates = {name: 10 * getattr(hub.limits, name) for name in RATES if name.endswith("_per_minute")}
    hub.configure(replace(hub.limits, **rates))
    return str(http.make_url("/"))


@pytest.fixture
async def dial(address: str, token: str) -> AsyncGenerator[Dial]:  # noqa: F811
    """Return a function that connects a client, which is closed after the test."""
    async with AsyncExitStack() as stack:

        async def dial(url: str = address, **settings: Any) -> MoosicBoxClient:
            settings.setdefault("token", token)
            return await stack.enter_async_context(MoosicBoxClient(url, **settings))

        yield dial
