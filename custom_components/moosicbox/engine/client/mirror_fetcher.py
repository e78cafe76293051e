"""Fetches what the mirror can't follow by messages alone: whole queues, and the state of rooms after an event."""

import asyncio
from collections.abc import Callable, Coroutine
import logging
from typing import Any, Final

from ..protocol.errors import HubError
from .errors import RequestTimedOut
from .hub_access import HubAccess
from .queue_controls import QueueControls
from .room_controls import RoomControls

_LOGGER = logging.getLogger(__name__)

MAX_QUEUE_FETCHES: Final = 5
"""Fetches in a row of a queue that changes all the time; then it stays stale until its next change."""


class MirrorFetcher:
    """Runs at most one fetch per queue and room: a newer one replaces the running one, whose result would be outdated."""

    def __init__(self, hub: HubAccess, is_followed: Callable[[str], bool]) -> None:
        """Create a fetcher.

        Args:
            hub: The client whose mirror gets the results.
            is_followed: Returns whether a topic is subscribed.
        """
        self._hub = hub
        self._is_followed = is_followed
        self._fetches: dict[str, asyncio.Task[None]] = {}

    def fetch_queue(self, topic: str) -> None:
        """Fetch the queue of a topic (`player:<id>` or `room:<id>`) in the background."""
        self._replace(topic, self._fetch_queue(topic))

    def fetch_room(self, room_id: str) -> None:
        """Fetch the state of a room in the background."""
        self._replace(f"room_state:{room_id}", self._fetch_room(room_id))

    def cancel(self) -> list[asyncio.Task[None]]:
        """Cancel all fetches, and return their tasks."""
        tasks = list(self._fetches.values())
        for task in tasks:
            task.cancel()
        return tasks

    def _replace(self, key: str, fetch: Coroutine[Any, Any, None]) -> None:
        if (running := self._fetches.get(key)) is not None:
            running.cancel()
        self._fetches[key] = task = asyncio.create_task(fetch)
        task.add_done_callback(lambda task: self._remove(key, task))

    def _remove(self, key: str, task: asyncio.Task[None]) -> None:
        if self._fetches.get(key) is task:
            del self._fetches[key]

    async def _fetch_queue(self, topic: str) -> None:
        # The message after the one that made this necessary may have ended the subscription or the session.
        if (mirror := self._hub.mirror.queues.get(topic)) is None:
            return
        kind, _, id_ = topic.partition(":")
        queue = QueueControls(self._hub, "room" if kind == "room" else "player", id_)
        for _ in range(MAX_QUEUE_FETCHES):
            try:
                pages = await queue.pages()
            except (HubError, RequestTimedOut) as error:
                _LOGGER.warning("The queue of %s could not be fetched: %s", topic, error)
                break
            if mirror.replace(pages):
                return
        mirror.give_up()

    async def _fetch_room(self, room_id: str) -> None:
        try:
            state = await RoomControls(self._hub, room_id).get()
        except (HubError, RequestTimedOut) as error:
            _LOGGER.debug("The state of room %s could not be fetched: %s", room_id, error)
            return
        if self._is_followed(f"room:{room_id}"):
            self._hub.mirror.apply(state)
