"""Chooses the transport: WebSocket where it gets through, polling where it doesn't."""

import asyncio
from typing import Final

from aiohttp import ClientSession

from ..protocol.server import Goodbye
from .config import ClientConfig
from .errors import ProtocolMismatch
from .link import Link, LinkClosed
from .polling import PollingLink
from .reconnect import Ending
from .websocket import WebSocketLink

FAILURES_UNTIL_POLLING: Final = 2
WEBSOCKET_PROBE_INTERVAL: Final = 60.0
"""Seconds between attempts to get back from polling to WebSocket."""


class TransportSelector:
    """Creates the next link, of a kind that depends on how the previous attempts ended."""

    def __init__(self, config: ClientConfig, http: ClientSession) -> None:
        self._config = config
        self._http = http
        self._polling = config.transport == "polling"
        self._failures = 0

    def create_link(self) -> Link:
        """Return a new link for the next attempt."""
        if self._polling:
            return PollingLink(self._http, self._config.address("sessions"))
        return self._websocket()

    def record_success(self) -> None:
        """Note that the current transport works."""
        self._failures = 0

    def record_failure(self, ending: Ending, link: Link) -> None:
        """Note a failed attempt. A refusal by the hub doesn't count: the other transport would be refused as well."""
        if self._config.transport != "auto" or ending.error is not None:
            return
        self._failures += 1
        if link.name == "polling" or self._failures >= FAILURES_UNTIL_POLLING:
            self._polling = not self._polling
            self._failures = 0

    async def probe_websocket(self, link: Link) -> None:
        """While `link` polls, try in intervals to open a WebSocket.

        Raises:
            LinkClosed: A WebSocket was opened; the next link will be one.
        """
        if link.name == "websocket" or self._config.transport != "auto":
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(WEBSOCKET_PROBE_INTERVAL)
            trial = self._websocket()
            try:
                async with asyncio.timeout(self._config.request_timeout):
                    await trial.greet()
            except LinkClosed, TimeoutError, ProtocolMismatch:
                continue
            finally:
                await trial.drop()
            self._polling = False
            raise LinkClosed(Ending(goodbye=Goodbye(reason="websocket", reconnect=True, reconnect_after=0)))

    def _websocket(self) -> WebSocketLink:
        return WebSocketLink(self._http, self._config.address("ws"))
