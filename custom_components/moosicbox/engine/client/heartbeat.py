"""Detects a connection that is open and silent, as after a network change."""

import asyncio

from ..protocol.client import Ping
from ..protocol.errors import HubError
from .errors import RequestTimedOut
from .link import LinkClosed
from .reconnect import Ending
from .requests import Requests


class Heartbeat:
    """Pings the hub after a silent interval, and closes the link if no answer comes."""

    def __init__(self, requests: Requests, timeout: float) -> None:
        self._requests = requests
        self._timeout = timeout
        self._active = False

    def record_activity(self) -> None:
        """Note that a frame was received: no ping is needed in this interval."""
        self._active = True

    async def run(self, interval: float) -> None:
        """Watch the link until it is dead.

        Args:
            interval: Seconds of silence after which a ping is sent.

        Raises:
            LinkClosed: The hub didn't answer the ping in time.
        """
        while True:
            self._active = False
            await asyncio.sleep(interval)
            if not self._active:
                try:
                    await self._requests.request(Ping(), timeout=self._timeout, retry=False)
                except RequestTimedOut as error:
                    raise LinkClosed(Ending(reason="the hub is silent")) from error
                except HubError:
                    continue
