"""Runs a node, from its start to its orderly end."""

import asyncio
from contextlib import suppress
from ipaddress import ip_address
import logging
import os
import signal
import sqlite3
from typing import Final

from aiohttp import web

from ..assembly import build_hub
from ..cluster.clock import ClusterClock
from ..cluster.node import ClusterNode
from ..cluster.redis_bus import RedisBus
from ..hub import Hub
from ..library.seal import Seal
from ..protocol.codes import CloseCode
from ..store import NoStore
from .app import ADDRESSES_DOCUMENT, NodeApp
from .authenticator import SECRETS_DOCUMENT, NodeAuthenticator
from .config import NodeConfig
from .media_provider import NodeMedia
from .music import NodeMusic, create_music

_LOGGER = logging.getLogger(__name__)

PRIORITY: Final = 0
"""Lower than Home Assistant's, which leads whenever it is present."""
PRIVATE: Final = 0o077
"""The umask: only the node's own user may access its files."""


class StartFailed(Exception):
    """The node can't start; the message says why."""


class Node:
    """A process that is a member of a cluster: its web server, its cluster membership and its music."""

    def __init__(self, config: NodeConfig, version: str, music: NodeMusic | None, seal: Seal) -> None:
        """Create a node; nothing runs yet.

        Args:
            config: The settings.
            version: The version of the software, as the other nodes see it.
            music: The node's library, or `None`.
            seal: Signs and checks addresses; it gets its key from Home Assistant.
        """
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
        self.cluster.shared.changed.subscribe(self._apply_document)
        self._runner = web.AppRunner(self.app.web, access_log=None, handler_cancellation=True, shutdown_timeout=5)

    async def start(self) -> str:
        """Serve clients, and return the address.

        Raises:
            StartFailed: The port or the folder of the index can't be used.
        """
        config = self._config
        await self._runner.setup()
        site = web.TCPSite(self._runner, config.host, config.port)
        try:
            await site.start()
        except OSError as error:
            raise StartFailed(f"This node can't listen on {config.host}:{config.port}: {error.strerror}") from error
        if self._music is not None:
            try:
                await self._music.start()
            except (OSError, sqlite3.Error) as error:
                raise StartFailed(f"The index of the music can't be kept in {config.data}: {error}") from error
        await self.cluster.start()
        self._joined = True
        self._apply_document(SECRETS_DOCUMENT)
        return site.name

    async def stop(self) -> None:
        """Close all connections, each with a different delay before the client reconnects, and stop."""
        if self._joined:
            await self.cluster.stop(CloseCode.RESTART, "shutdown")
        await self.app.endpoint.close(CloseCode.RESTART, "shutdown")
        await self._runner.cleanup()
        await self.app.relay.close()
        if self._music is not None:
            await self._music.stop()

    def _make_hub(self, clock: ClusterClock) -> Hub:
        return build_hub(
            version=self._version,
            media=NodeMedia(self._seal, self._home_urls),
            authentication=self._authenticator,
            store=NoStore(),
            limits=self._config.limits,
            clock=clock,
            library=self._music.library if self._music is not None else None,
            node_id=self._config.node_id,
        )

    def _home_urls(self) -> list[str]:
        return list((self.cluster.shared.get(ADDRESSES_DOCUMENT) or {}).get("urls", ()))

    def _apply_document(self, name: str) -> None:
        if name != SECRETS_DOCUMENT:
            return
        self._authenticator.apply_secrets(self.cluster.shared.get(SECRETS_DOCUMENT))
        self._seal.use(self._authenticator.keys.addresses)
        if (hub := self.cluster.hub) is not None:
            hub.sessions.verify_where(lambda _session: True)


async def serve(config: NodeConfig, version: str) -> None:
    """Run a node until SIGTERM or SIGINT; a second signal skips the waiting time for load balancers.

    Raises:
        StartFailed: The node can't start.
    """
    os.umask(PRIVATE)
    seal = Seal()
    node = Node(config, version, await create_music(config, seal), seal)
    first_signal, second_signal = asyncio.Event(), asyncio.Event()

    def handle_signal() -> None:
        (second_signal if first_signal.is_set() else first_signal).set()

    loop = asyncio.get_running_loop()
    for number in signal.SIGTERM, signal.SIGINT:
        loop.add_signal_handler(number, handle_signal)
    try:
        address = await node.start()
        _LOGGER.info(
            "Node %s serves %s with Redis at %s%s",
            config.node_id,
            address,
            config.redis,
            "" if not config.music else f" and the music in {', '.join(map(str, config.music))}",
        )
        if not _is_loopback(config.host):
            _LOGGER.warning(
                "Clients send their tokens to %s in plain text: put a proxy with TLS in front of this node, and let it "
                "listen on 127.0.0.1",
                address,
            )
        await first_signal.wait()
        _LOGGER.info("Shutting down in %s s: load balancers are notified first, then clients", config.drain_seconds)
        node.app.ending = True
        with suppress(TimeoutError):
            await asyncio.wait_for(second_signal.wait(), config.drain_seconds)
    finally:
        await node.stop()
        _LOGGER.info("Stopped")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
