"""Commits of the leader: changes are stored, and only then delivered."""

import asyncio
from collections.abc import Callable, Iterable
import logging
from typing import Final

from .bus import Bus, BusUnavailable, LeadershipLost, StoreReset
from .journal import Journal
from .wire import Publish, ToEdge

_LOGGER = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.25
"""Seconds between attempts to commit while Redis is unavailable."""


class Commits:
    """Commits the changes of a journal, one commit at a time. Changes that happen meanwhile are part of the next one."""

    def __init__(
        self,
        journal: Journal,
        bus: Bus,
        edge: str,
        fence: int,
        *,
        deliver: Callable[[Iterable[ToEdge]], None],
        on_deposed: Callable[[], None],
        on_store_reset: Callable[[], None],
    ) -> None:
        """Set up commits under a fence.

        Args:
            journal: The changes.
            bus: Where they are stored.
            edge: The leader's own edge.
            fence: The number of its leadership.
            deliver: Takes the messages to the leader's own edge, once they are committed.
            on_deposed: Called when another node leads; nothing is committed any more.
            on_store_reset: Called when Redis has lost the stored state.

        """
        self.offline = False
        """True if the last commit failed because Redis was unavailable."""
        self._journal = journal
        self._bus = bus
        self._edge = edge
        self._fence = fence
        self._deliver = deliver
        self._on_deposed = on_deposed
        self._on_store_reset = on_store_reset
        self._task: asyncio.Task[None] | None = None
        self._running = False
        self._awaits_fence = False
        """True after Redis was found empty: another commit under the old fence would count as a lost leadership."""

    def start(self) -> None:
        """Begin to commit and deliver."""
        self._running = True
        self.commit_soon()

    def restart(self, edge: str, fence: int) -> None:
        """Continue under another fence; a commit under way is given up."""
        self._edge, self._fence, self._awaits_fence = edge, fence, False

    async def drain(self) -> bool:
        """Commit everything that has happened, then stop. Return `False` if another node leads already."""
        while self._running and (self._task is not None or self._journal):
            self.commit_soon()
            if self._task is not None:
                await asyncio.wait([self._task])
            elif self._awaits_fence:
                self._on_store_reset()
                await asyncio.sleep(RETRY_SECONDS)
        drained, self._running = self._running, False
        return drained

    async def stop(self) -> None:
        """Stop at once; changes that aren't committed are lost."""
        self._running = False
        if (task := self._task) is not None:
            task.cancel()
            await asyncio.wait([task])

    def commit_soon(self) -> None:
        """Commit at the end of this turn of the event loop."""
        if self._running and self._task is None and not self._awaits_fence:
            self._task = asyncio.get_running_loop().create_task(self._run())
        elif self.offline:
            self._deliver_waiting_states()

    async def _run(self) -> None:
        try:
            while self._running and self._journal:
                fence = self._fence
                try:
                    await self._commit(fence)
                except LeadershipLost, StoreReset:
                    # After a restart this only concerns the commit that was given up.
                    if fence == self._fence:
                        raise
        except LeadershipLost:
            self._running = False
            self._on_deposed()
        except StoreReset:
            self._awaits_fence = True
            self._on_store_reset()
        except Exception:
            _LOGGER.exception("A commit failed")
            self._running = False
            self._on_deposed()
        finally:
            self._task = None

    async def _commit(self, fence: int) -> None:
        commit, local = self._journal.take_commit(self._edge)
        while fence == self._fence:
            try:
                await self._bus.commit(fence, commit)
            except BusUnavailable as error:
                if not self.offline:
                    _LOGGER.warning("Redis is unavailable: %s", error)
                self.offline = True
                self._deliver_states(local)
                self._deliver_waiting_states()
                self._journal.coalesce()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.offline = False
                self._deliver(local)
                return

    def _deliver_waiting_states(self) -> None:
        self._deliver_states(self._journal.messages.get(self._edge, []))

    def _deliver_states(self, messages: list[ToEdge]) -> None:
        # Without Redis, playback goes on at this node. Numbered messages and answers wait for their commit: another
        # leader could give the same number to another message.
        states = [message for message in messages if isinstance(message, Publish) and message.key is not None]
        if states:
            messages[:] = [message for message in messages if not isinstance(message, Publish) or message.key is None]
            self._deliver(states)
