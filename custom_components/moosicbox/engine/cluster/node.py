"""One node of a cluster: its connections, and, while it leads, the hub."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
import contextlib
from functools import partial
import logging
import secrets
from typing import Any, Final, NamedTuple

import msgspec

from ..access.authentication import Authentication
from ..hub import Hub
from ..limits import Limits
from ..protocol.codes import CloseCode
from ..protocol.errors import Unavailable
from ..signals import Signal
from ..sync.clock_filter import BURST_PROBES
from ..transport.gateway import Gateway
from .bus import Bus, BusUnavailable, Fetched, HeartbeatReply, LeadershipLost, StoreReset, Terms
from .clock import ClusterClock
from .core import Core
from .edge import Edge
from .lease import ALIVE_SECONDS, PATIENCE_SECONDS, Lease
from .shared import Shared
from .uplink import AWAY, RETRY_SECONDS, Uplink
from .wire import ClockProbe, ToLeader, unpack_to_edge, unpack_to_leader

_LOGGER = logging.getLogger(__name__)

BEAT_SECONDS: Final = 0.5
"""How often a node gives a sign of life."""
WAIT_SECONDS: Final = 1.0
"""How long a read waits for something to come."""
PROBE_SECONDS: Final = 0.03
"""Between the first readings of the leader's time."""
ANSWER_US: Final = 2_000_000
"""How long a new leader takes at most to answer what it was asked before it led."""


class ClusterStatus(NamedTuple):
    """How a node sees the cluster."""

    node_id: str
    connected: bool
    """Whether Redis answers."""
    leads: bool
    leader: str | None
    """The node that leads, if any is known to."""
    nodes: tuple[str, ...]


class ClusterNode:
    """Keeps a node in its cluster, from `start` to `stop`."""

    def __init__(
        self,
        bus: Bus,
        *,
        node_id: str,
        version: str,
        limits: Limits,
        make_hub: Callable[[ClusterClock], Hub],
        authentication: Authentication | None = None,
        priority: int = 0,
        clock: ClusterClock | None = None,
    ) -> None:
        """`make_hub` is called each time that this node becomes the leader; the highest `priority` leads.

        With `authentication`, this node recognises its clients itself instead of asking the leader.
        """
        self.node_id = node_id
        self.clock = clock or ClusterClock()
        self.promoted: Signal[Hub] = Signal()
        """This node leads, with this hub."""
        self.demoted: Signal[Hub] = Signal()
        """It leads no more."""
        self.changed: Signal[()] = Signal()
        """`status` says something else."""
        self.shared = Shared(bus)
        self._bus = bus
        self._make_hub = make_hub
        self._priority = priority
        self._lease = Lease(bus, self.clock, priority)
        self._edge = Edge(
            version=version,
            node_id=node_id,
            limits=limits,
            clock=self.clock,
            say=self._say,
            authentication=authentication,
        )
        self._edge.told = self._told
        self.gateway: Gateway = self._edge
        self._settings: Limits | None = None
        """What the leader allows."""
        self._name = ""
        """This node's life as an edge; another one after others went on without it."""
        self._new = True
        self._up = Uplink(bus, lambda reason: self._set_connected(False, reason))
        self._after = "0-0"
        self._core: Core | None = None
        self._beat: HeartbeatReply | None = None
        self._connected = False
        self._missing: dict[str, float] = {}
        """Edges without a sign of life, and since when."""
        self._leader: str | None = None
        self._led_since_us = 0
        self._settling = False
        self._beginning = False
        self._stopping = False
        self._documents = -1
        self._tasks: list[asyncio.Task[None]] = []
        self._fetcher: asyncio.Task[None] | None = None
        self._inbox: asyncio.Task[None] | None = None
        self.shared.changed.subscribe(self._document_changed)

    @property
    def hub(self) -> Hub | None:
        """The hub, while this node leads."""
        return None if self._core is None else self._core.hub

    def status(self) -> ClusterStatus:
        """How it looks from here."""
        beat = self._beat
        nodes = {} if beat is None else beat.nodes
        leader = None if beat is None or beat.leader is None else nodes.get(beat.leader)
        leads = self._core is not None and self._connected and not self._core.away
        return ClusterStatus(
            self.node_id, self._connected, leads, self.node_id if leads else leader, tuple(sorted({*nodes.values()}))
        )

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Join the cluster as soon as Redis can be reached; clients are let in once somebody leads and time is known."""
        self._rename()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(_again_and_again(step)) for step in (self._live, self._up.step)]
        self._fetcher = loop.create_task(_again_and_again(self._fetch))

    async def stop(self, code: CloseCode, reason: str) -> None:
        """Say goodbye to clients; another node leads on."""
        self._stopping = True
        self._edge.stop(code, reason)
        await self._end_tasks()
        with contextlib.suppress(BusUnavailable, LeadershipLost, StoreReset, TimeoutError):
            async with asyncio.timeout(ALIVE_SECONDS):
                await self._hand_over()
        await self._drop_core()
        await self._bus.close()

    async def abandon(self) -> None:
        """Go as if the process were killed: others find out by themselves."""
        self._stopping = True
        self._edge.quit()
        await self._end_tasks()
        await self._drop_core()
        await self._bus.close()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        # A promotion that is cancelled starts another fetcher.
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stop_fetching()

    async def _stop_fetching(self) -> None:
        if self._fetcher is not None:
            self._fetcher.cancel()
            await asyncio.wait([self._fetcher])

    def configure(self, limits: Limits) -> None:
        """Other bounds from now on; the leader's hold for all nodes."""
        if (hub := self.hub) is not None:
            hub.configure(limits)
            hub.spawn(self._share_settings(hub))

    def _rename(self) -> None:
        self._name = f"{self.node_id}.{secrets.token_hex(4)}"
        self._new, self._after = True, "0-0"
        self._up.rename(self._name)

    async def _live(self) -> None:
        try:
            await self._beat_once()
        except BusUnavailable as error:
            self._set_connected(False, str(error))
        except LeadershipLost:
            await self._depose()
        except StoreReset:
            await self._begin_again()
        await asyncio.sleep(BEAT_SECONDS)

    async def _beat_once(self) -> None:
        beat = await self._bus.heartbeat(
            self._name, self.node_id, new=self._new, seconds=ALIVE_SECONDS, read=self._after
        )
        self._new = False
        self._up.open()
        self._set_connected(True)
        if not beat.known:
            if self._core is not None:
                # Others went on, or Redis was emptied: that one's leader must be the first who leads again.
                await self._lease.renew(self._name, self._lease.fence)
            self._edge.reset("Others went on without this node")
            self._rename()
            await self._beat_once()
            return
        self._take(beat)
        if beat.documents != self._documents:
            await self.shared.look()
            self._documents = beat.documents
        if (core := self._core) is not None:
            await self._lead_on(core, beat)
        else:
            if beat.leader is not None:
                await self._probe()
            if (terms := await self._lease.ask(self._name, beat)) is not None:
                await self._promote(terms)

    def _take(self, beat: HeartbeatReply) -> None:
        before, self._beat = self._beat, beat
        self._lease.see(beat)
        now_us = self.clock.local_us
        if beat.leader is not None and beat.leader != self._leader:
            self._leader, self._led_since_us = beat.leader, now_us
        elif now_us - self._led_since_us > ANSWER_US:
            # What the leader before was asked and didn't answer, nobody answers.
            self._edge.give_up("Another hub leads now", self._led_since_us)
        if self._core is None and beat.clock_id is not None and beat.clock_id != self.clock.clock_id:
            self.clock.name(beat.clock_id)
            if len(self._edge):
                self._edge.reset("The hubs' time is another one now")
                self._rename()
        if before is None or (before.leader, before.nodes) != (beat.leader, beat.nodes):
            self.changed.emit()

    def _set_connected(self, connected: bool, reason: str = "") -> None:
        if connected != self._connected:
            self._connected = connected
            self._missing.clear()
            if self._beat is not None:
                # The first time nobody has to be waited for.
                self._lease.be_patient()
            log = _LOGGER.info if connected else _LOGGER.warning
            log("Redis is there" if connected else "Redis can't be reached: %s", *([] if connected else [reason]))
            self.changed.emit()

    # ------------------------------------------------------------ leading

    async def _promote(self, terms: Terms) -> None:
        if terms.clock_id is not None and not (self.clock.clock_id == terms.clock_id and self.clock.in_step):
            self.clock.set(terms.clock_id, terms.now_us or self.clock.now_us())
        hub = self._make_hub(self.clock)
        if self._settings is not None and not self._priority:
            # It stands in for another one, and keeps to what that one allows.
            hub.configure(self._settings)
        core = Core(
            hub,
            self._bus,
            self._name,
            terms,
            deliver=self._edge.apply,
            deposed=lambda: self._spawn(self._depose()) if self._core is core else None,
            emptied=lambda: self._spawn(self._begin_again()) if self._core is core else None,
        )
        staying = asyncio.get_running_loop().create_task(_again_and_again(partial(self._stay, terms.fence)))
        try:
            await self._catch_up()
            await core.start(await self._bus.load())
            # Another one may lead by now, if that took long.
            await self._lease.renew(self._name, terms.fence)
        except BaseException:
            await core.stop()
            raise
        finally:
            staying.cancel()
        self._core, self._lease.fence = core, terms.fence
        core.begin()
        self._inbox = asyncio.get_running_loop().create_task(_again_and_again(partial(self._receive, core)))
        self._missing.clear()
        self._edge.start()
        _LOGGER.info("%s leads", self.node_id)
        self.promoted.emit(hub)
        self.changed.emit()
        await self._share_settings(hub)

    async def _lead_on(self, core: Core, beat: HeartbeatReply) -> None:
        wanted = not await self._lease.renew(self._name, self._lease.fence)
        now = asyncio.get_running_loop().time()
        # Whoever has said something and isn't among the nodes was taken leave of before that came.
        missing = {*beat.gone, *core.edges} - (beat.nodes.keys() - {*beat.gone})
        self._missing = {edge: self._missing.get(edge, now) for edge in missing}
        for edge, since in self._missing.items():
            if now - since >= PATIENCE_SECONDS:
                core.part(edge)
        if wanted:
            await self._hand_over()

    async def _stay(self, fence: int) -> None:
        # To read all that is kept may take longer than a sign of life holds.
        with contextlib.suppress(LeadershipLost, StoreReset):
            await self._lease.renew(self._name, fence)
            await self._bus.heartbeat(self._name, self.node_id, new=False, seconds=ALIVE_SECONDS, read=self._after)
        await asyncio.sleep(BEAT_SECONDS)

    async def _hand_over(self) -> None:
        if (core := self._core) is not None:
            self._settling = True
            try:
                if self._inbox is not None:
                    self._inbox.cancel()
                if not await core.settle():
                    self._edge.reset("Another node leads")
            finally:
                self._settling = False
                await self._drop_core()
            await self._lease.resign(self._name)

    async def _depose(self) -> None:
        if self._core is not None:
            _LOGGER.warning("Another node leads; %s follows", self.node_id)
            # What this node did last was never kept, or was and its clients were not told.
            self._edge.reset("Another node leads")
            self._rename()
            await self._drop_core()

    async def _drop_core(self) -> None:
        core, self._core = self._core, None
        if self._inbox is not None:
            self._inbox.cancel()
            self._inbox = None
        if core is not None:
            await core.stop()
            self.demoted.emit(core.hub)
            self.changed.emit()

    async def _begin_again(self) -> None:
        if (core := self._core) is None or self._beginning:
            return
        self._beginning = True
        try:
            await self._lease.doubt()
            if self._core is core:
                await self._keep_anew(core)
        finally:
            self._beginning = False

    async def _keep_anew(self, core: Core) -> None:
        _LOGGER.warning("Redis is empty: everything that is still known is kept anew")
        if (terms := await self._lease.found(self._name)) is None:
            await self._depose()
            return
        self._edge.reset("What the hubs share was lost")
        self._rename()
        core.begin_again(terms, self._name, secrets.token_hex(8))
        self.shared.forget()
        await self._share_settings(core.hub)

    async def _share_settings(self, hub: Hub) -> None:
        await self.shared.put("settings", {"limits": msgspec.to_builtins(hub.limits), "features": hub.features()})

    def _document_changed(self, name: str) -> None:
        if name == "settings" and (settings := self.shared.get(name)) is not None:
            self._settings = msgspec.convert(settings["limits"], Limits)
            self._edge.configure(self._settings, settings["features"])

    def _spawn(self, work: Any) -> None:
        # Not from within what is to be ended.
        self._tasks.append(asyncio.get_running_loop().create_task(self._tried(work)))
        self._tasks = [task for task in self._tasks if not task.done()]

    async def _tried(self, work: Any) -> None:
        with contextlib.suppress(BusUnavailable, LeadershipLost, StoreReset):
            await work

    # ------------------------------------------------------------ up and down

    def _told(self, t0_us: int, t1_us: int, t2_us: int) -> None:
        self.clock.told(t0_us, t1_us, t2_us)
        if not self._stopping:
            self._edge.start()

    async def _probe(self) -> None:
        # Whoever may lead soon sets the time for all: one reading isn't enough for that.
        for _ in range(1 if self.clock.in_step else BURST_PROBES + 1):
            with contextlib.suppress(Unavailable):
                self._say(ClockProbe(self.clock.local_us))
            if not self.clock.in_step:
                await asyncio.sleep(PROBE_SECONDS)

    def _say(self, up: ToLeader) -> None:
        core = self._core
        if core is not None and not self._settling and not self._up and core.caught_up(self._name, self._up.sent):
            if not core.takes(up, connected=self._connected):
                raise Unavailable(AWAY)
            core.work(self._name, 0, (up,))
            return
        if not self._connected:
            raise Unavailable(AWAY)
        self._up.say(up)

    async def _fetch(self) -> None:
        name = self._name
        fetched = await self._bus.fetch(name, self._after, WAIT_SECONDS)
        if fetched and self._core is not None:
            await self._depose()
        if name == self._name:
            self._apply(fetched)

    async def _catch_up(self) -> None:
        # What the leader before sent here comes before anything new; by now it can send no more.
        await self._stop_fetching()
        try:
            while fetched := await self._bus.fetch(self._name, self._after, 0.0):
                self._apply(fetched)
        finally:
            self._fetcher = asyncio.get_running_loop().create_task(_again_and_again(self._fetch))

    def _apply(self, fetched: Sequence[Fetched]) -> None:
        for batch in fetched:
            self._after = batch.id
            self._edge.apply(unpack_to_edge(batch.data))

    async def _receive(self, core: Core) -> None:
        for batch in await self._bus.receive(core.read, WAIT_SECONDS):
            try:
                ups = unpack_to_leader(batch.data)
            except msgspec.MsgspecError as error:
                # A node of another version: whoever said it gets no answer, but nobody else waits for it.
                _LOGGER.error("%s said what isn't understood here: %s", batch.edge, error)  # noqa: TRY400
                ups = []
            core.work(batch.edge, batch.number, ups, batch.id)


async def _again_and_again(step: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await step()
        except BusUnavailable:
            await asyncio.sleep(RETRY_SECONDS)
        except Exception:
            _LOGGER.exception("A node's work failed")
            await asyncio.sleep(RETRY_SECONDS)
