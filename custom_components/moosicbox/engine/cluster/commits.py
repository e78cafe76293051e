"""What happens in one turn after the other, made to last: committed as a whole, and told when it is kept."""

import asyncio
from collections.abc import Callable, Iterable
import logging
from typing import Final

from .bus import Bus, BusUnavailable, LeadershipLost, StoreReset
from .journal import Journal
from .wire import Publish, ToEdge

_LOGGER = logging.getLogger(__name__)

RETRY_SECONDS: Final = 0.25
"""How often a commit is tried where Redis is away."""


class Commits:
    """A leader's commits, one at a time; what happens meanwhile is in the next one."""

    def __init__(
        self,
        journal: Journal,
        bus: Bus,
        edge: str,
        fence: int,
        *,
        deliver: Callable[[Iterable[ToEdge]], None],
        deposed: Callable[[], None],
        emptied: Callable[[], None],
    ) -> None:
        """`deliver` takes what goes to the leader's own `edge`; `deposed` hears that another node leads."""
        self.away = False
        """Whether Redis doesn't take commits now."""
        self._journal = journal
        self._bus = bus
        self._edge = edge
        self._fence = fence
        self._deliver = deliver
        self._deposed = deposed
        self._emptied = emptied
        self._task: asyncio.Task[None] | None = None
        self._running = False

    def begin(self) -> None:
        """Keep from now on what happens, and tell of it."""
        self._running = True
        self.wake()

    def begin_again(self, edge: str, fence: int) -> None:
        """Lead under another name: what is under way was for nothing."""
        self._edge, self._fence = edge, fence

    async def settle(self) -> bool:
        """Keep all that has happened, and nothing more from then on. False if another node leads already."""
        while self._running and (self._task is not None or self._journal):
            self.wake()
            if self._task is not None:
                await asyncio.wait([self._task])
        settled, self._running = self._running, False
        return settled

    async def stop(self) -> None:
        """Keep nothing any more."""
        self._running = False
        if (task := self._task) is not None:
            task.cancel()
            await asyncio.wait([task])

    def wake(self) -> None:
        """Something is to be committed, at the end of this turn of the loop."""
        if self._running and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._commit())
        elif self.away:
            self._deliver_alone()

    async def _commit(self) -> None:
        try:
            while self._running and self._journal:
                fence = self._fence
                try:
                    await self._keep(fence)
                except LeadershipLost, StoreReset:
                    # If all was kept anew meanwhile, that was from before.
                    if fence == self._fence:
                        raise
        except LeadershipLost:
            self._running = False
            self._deposed()
        except StoreReset:
            self._emptied()
        except Exception:
            _LOGGER.exception("What happened could not be kept")
            self._running = False
            self._deposed()
        finally:
            self._task = None

    async def _keep(self, fence: int) -> None:
        commit, own = self._journal.take(self._edge)
        while fence == self._fence:
            try:
                await self._bus.commit(fence, commit)
            except BusUnavailable as error:
                if not self.away:
                    _LOGGER.warning("What the hubs share can't be reached: %s", error)
                self.away = True
                self._deliver_states(own)
                self._deliver_alone()
                self._journal.thin_out()
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.away = False
                self._deliver(own)
                return

    def _deliver_alone(self) -> None:
        self._deliver_states(self._journal.downs.get(self._edge, []))

    def _deliver_states(self, own: list[ToEdge]) -> None:
        # The music goes on here. What has a number, and answers, wait until they are kept: nobody may ever hear otherwise.
        states = [down for down in own if isinstance(down, Publish) and down.key is not None]
        if states:
            own[:] = [down for down in own if not isinstance(down, Publish) or down.key is None]
            self._deliver(states)
