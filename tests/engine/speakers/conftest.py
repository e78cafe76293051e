"""A renderer, and a web server with noise for it."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer
from tests.conftest import SharedFolder

from . import sound
from .slow_time import slowed
from .stage import Stage, running_stage


@pytest.fixture
async def slow_time() -> AsyncGenerator[None]:
    """Time that passes slowly for the test's event loop, from before the hub starts."""
    with slowed(asyncio.get_running_loop()):
        yield


@pytest.fixture(scope="session")
def noises(shared_folder: SharedFolder) -> Path:
    """A folder with noise in several formats."""
    return shared_folder("noises", sound.write)


@pytest.fixture
async def server(noises: Path, socket_enabled: None) -> AsyncGenerator[TestServer]:
    """A web server with the noises."""
    app = web.Application()
    app.router.add_static("/", noises)
    running = TestServer(app)
    async with running:
        yield running


def _resolved(server: TestServer, address: str) -> str:
    return str(server.make_url(address)) if address.startswith("/") else address


@pytest.fixture
async def renderer(server: TestServer) -> AsyncGenerator[Renderer]:
    async with ClientSession() as session:
        running = Renderer("ffmpeg", partial(_resolved, server), session)
        yield running
        await running.close()


@pytest.fixture
async def stage(renderer: Renderer) -> AsyncGenerator[Stage]:
    """A hub that can play the noises."""
    async with running_stage(renderer) as running:
        yield running
