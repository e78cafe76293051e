"""A node from its start to its end."""

import asyncio
from contextlib import suppress
import logging
import signal
import sqlite3
from typing import Final

from aiohttp import web

from ..cluster.clock import ClusterClock
from ..cluster.node import ClusterNode
from ..cluster.redis_bus import RedisBus
from ..hub import Hub
from ..library.seal import Seal
from ..protocol.codes import CloseCode
from ..store import NoStore
from .app import NodeApp
from .authenticator import SECRETS_DOCUMENT, NodeAuthenticator
from .config import NodeConfig
from .media_provider import NodeMedia
from .music import Music, create_music

_LOGGER = logging.getLogger(__name__)

PRIORITY: Final = 0
"""Below Home Assistant's: nodes stand in for it."""


class StartFailed(Exception):
    """A node can't begin; the message says why."""


class Node:
    """What one process serves."""

    def __init__(self, config: NodeConfig, version: str, music: Music | None, seal: Seal) -> None:
        """Nothing runs yet."""
        self._config = config
        self._version = version
        self._music = music
        self._seal = seal
        self._joined = False
        self._authenticator = NodeAuthenticator(config.limits)
        self.cluster = ClusterNode(
            RedisBus(config.redis_url),
            node_id=config.node_id,
            version=version,
            limits=config.limits,
            priority=PRIORITY,
            make_hub=self._make_hub,
        )
        self.app = NodeApp(self.cluster, config, seal, music)
        self.cluster.shared.changed.subscribe(self._heard)
        self._runner = web.AppRunner(self.app.web, access_log=None, handler_cancellation=True, shutdown_timeout=5)

    async def start(self) -> str:
        """Let clients in; where. StartFailed."""
        config = self._config
        await self._runner.setup()
        site = web.TCPSite(self._runner, config.host, config.port)
        try:
            await site.start()
        except OSError as error:
            raise StartFailed(f"This node can't be reached at {config.host}:{config.port}: {error.strerror}") from error
        if self._music is not None:
            try:
                await self._music.start()
            except (OSError, sqlite3.Error) as error:
                raise StartFailed(f"The index of the music can't be kept in {config.data}: {error}") from error
        await self.cluster.start()
        self._joined = True
        self._heard(SECRETS_DOCUMENT)
        return site.name

    async def stop(self) -> None:
        """Part from all clients, each to come back at another moment, and end."""
        if self._joined:
            await self.cluster.stop(CloseCode.RESTART, "shutdown")
        await self.app.endpoint.close(CloseCode.RESTART, "shutdown")
        await self._runner.cleanup()
        await self.app.relay.close()
        if self._music is not None:
            await self._music.stop()

    def _make_hub(self, clock: ClusterClock) -> Hub:
        hub = Hub(
            version=self._version,
            media=NodeMedia(self._seal),
            recognise=self._authenticator.authenticate_token,
            store=NoStore(),
            limits=self._config.limits,
            clock=clock,
            library=self._music.library if self._music is not None else None,
            node_id=self._config.node_id,
        )
        hub.identity.issue = self._authenticator.issue_guest_token
        return hub

    def _heard(self, name: str) -> None:
        if name != SECRETS_DOCUMENT:
            return
        self._authenticator.apply_secrets(self.cluster.shared.get(SECRETS_DOCUMENT))
        self._seal.use(self._authenticator.key)
        if (hub := self.cluster.hub) is not None:
            hub.sessions.end_where(
                lambda session: self._authenticator.is_revoked(session.principal),
                CloseCode.FORCED_OUT,
                "The token was revoked",
            )


async def serve(config: NodeConfig, version: str) -> None:
    """Run a node until somebody asks it to end. A second time, and it doesn't wait."""
    seal = Seal()
    node = Node(config, version, await create_music(config, seal), seal)
    asked, again = asyncio.Event(), asyncio.Event()

    def end() -> None:
        (again if asked.is_set() else asked).set()

    loop = asyncio.get_running_loop()
    for number in signal.SIGTERM, signal.SIGINT:
        loop.add_signal_handler(number, end)
    try:
        where = await node.start()
        _LOGGER.info(
            "Node %s serves %s with Redis at %s%s",
            config.node_id,
            where,
            config.redis,
            "" if not config.music else f" and the music in {', '.join(map(str, config.music))}",
        )
        await asked.wait()
        _LOGGER.info("Ending in %s s: load balancers are told, then clients", config.drain_seconds)
        node.app.ending = True
        with suppress(TimeoutError):
            await asyncio.wait_for(again.wait(), config.drain_seconds)
    finally:
        await node.stop()
        _LOGGER.info("Ended")
