"""A node of a cluster: its gateway, and, while it leads, the hub."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
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
from .bus import Bus, BusUnavailable, HeartbeatReply, Leadership, LeadershipLost, StoreReset
from .clock import ClusterClock
from .departures import Departures
from .downlink import WAIT_SECONDS, Downlink
from .edge import Edge
from .leader import Leader
from .lease import LEASE_SECONDS, Lease
from .repeat import repeat
from .shared_documents import SharedDocuments
from .uplink import UNAVAILABLE, Uplink
from .wire import ClockProbe, ToLeader, Unreadable, unpack_to_leader

_LOGGER = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 0.5
"""The time between two heartbeats."""
PROBE_SECONDS: Final = 0.03
"""The time between the first readings of the leader's clock."""
TAKEOVER_US: Final = 2_000_000
"""How long a new leader takes at most to answer the calls to the one before."""


class ClusterStatus(NamedTuple):
    """The cluster as one node sees it."""

    node_id: str
    connected: bool
    """True if Redis is available."""
    leads: bool
    leader: str | None
    """The id of the leading node, if any."""
    nodes: tuple[str, ...]


class ClusterNode:
    """A node, which is part of its cluster from `start` to `stop`."""

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
        """Set up a node without connecting.

        Args:
            bus: The bus that the nodes share.
            node_id: The name of this node.
            version: The version that clients are shown.
            limits: The limits until the leader's are known.
            make_hub: Makes a hub; called each time that this node becomes the leader.
            authentication: Authenticates clients at this node; by default, the leader authenticates them.
            priority: The node of the highest priority leads.
            clock: The cluster's clock, for tests.

        """
        self.node_id = node_id
        self.clock = clock or ClusterClock()
        self.promoted: Signal[Hub] = Signal()
        """This node leads, with this hub."""
        self.demoted: Signal[Hub] = Signal()
        """This node doesn't lead any more."""
        self.changed: Signal[()] = Signal()
        """`status` has changed."""
        self.shared = SharedDocuments(bus)
        self._bus = bus
        self._make_hub = make_hub
        self._priority = priority
        self._lease = Lease(bus, self.clock, priority)
        self._edge = Edge(
            version=version,
            node_id=node_id,
            limits=limits,
            clock=self.clock,
            send=self._send_to_leader,
            on_clock_reply=self._add_clock_reading,
            authentication=authentication,
        )
        self.gateway: Gateway = self._edge
        self._edge_name = ""
        """The node's name as an edge. It gets another one after the others have continued without it."""
        self._registered = False
        self._uplink = Uplink(bus, lambda reason: self._set_connected(False, reason))
        self._downlink = Downlink(
            bus, self._edge.apply, self._step_down, lambda: self._edge.resync("A batch could not be read")
        )
        self._departures = Departures()
        self._leader: Leader | None = None
        self._leader_limits: Limits | None = None
        self._heartbeat: HeartbeatReply | None = None
        """The last reply."""
        self._connected = False
        self._leading_edge: str | None = None
        """The edge of the last leader."""
        self._leading_since_us = 0
        """The local time (microseconds) since which it leads."""
        self._handing_over = False
        self._recovering = False
        self._stopping = False
        self._documents_version = -1
        self._tasks: list[asyncio.Task[None]] = []
        self._receiver: asyncio.Task[None] | None = None
        self.shared.changed.subscribe(self._apply_settings)

    @property
    def hub(self) -> Hub | None:
        """The hub, while this node leads."""
        return None if self._leader is None else self._leader.hub

    def status(self) -> ClusterStatus:
        """Return the cluster as this node sees it."""
        heartbeat = self._heartbeat
        nodes = {} if heartbeat is None else heartbeat.nodes
        leader = None if heartbeat is None or heartbeat.leader is None else nodes.get(heartbeat.leader)
        leads = self._leader is not None and self._connected and not self._leader.commits.offline
        return ClusterStatus(
            self.node_id, self._connected, leads, self.node_id if leads else leader, tuple(sorted({*nodes.values()}))
        )

    # ------------------------------------------------------------ life cycle

    async def start(self) -> None:
        """Join the cluster in the background. Clients are accepted once there is a leader and the time is known."""
        self._restart_edge()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(repeat(step)) for step in (self._heartbeat_step, self._uplink.step)]
        self._downlink.start()

    async def stop(self, code: CloseCode, reason: str) -> None:
        """Close all connections with `code` and leave the cluster; another node becomes the leader."""
        self._stopping = True
        self._edge.stop(code, reason)
        await self._end_tasks()
        with contextlib.suppress(BusUnavailable, LeadershipLost, StoreReset, TimeoutError):
            async with asyncio.timeout(LEASE_SECONDS):
                await self._hand_over()
        await self._stop_leading()
        await self._bus.close()

    def configure(self, limits: Limits) -> None:
        """Use other limits from now on, if this node leads: the leader's apply to all nodes."""
        if (hub := self.hub) is not None:
            hub.configure(limits)
            hub.tasks.spawn(self._share_settings(hub))

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        # A promotion that is cancelled restarts the downlink.
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._downlink.stop()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            with contextlib.suppress(BusUnavailable, LeadershipLost, StoreReset):
                await work

        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.get_running_loop().create_task(run()))

    # ------------------------------------------------------------ heartbeats

    async def _heartbeat_step(self) -> None:
        try:
            await self._send_heartbeat()
        except BusUnavailable as error:
            self._set_connected(False, str(error))
        except LeadershipLost:
            # While the state is stored anew, this may be about the old fence of this node.
            if not self._recovering:
                await self._step_down()
        except StoreReset:
            await self._recover_store()
        await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _send_heartbeat(self) -> None:
        reply = await self._bus.heartbeat(
            self._edge_name,
            self.node_id,
            new=not self._registered,
            seconds=LEASE_SECONDS,
            read=self._downlink.position,
        )
        self._registered = True
        self._uplink.open()
        self._set_connected(True)
        if not reply.registered:
            if self._leader is not None:
                # Either another node leads, or Redis was emptied: then this node has to be the first to lead again.
                await self._lease.renew(self._edge_name, self._lease.fence)
            self._restart_edge("The other hubs have continued without this one")
            await self._send_heartbeat()
            return
        self._apply_heartbeat(reply)
        if reply.documents_version != self._documents_version:
            await self.shared.refresh()
            self._documents_version = reply.documents_version
        if self._leader is not None:
            await self._continue_leading(self._leader, reply)
        else:
            if reply.leader is not None:
                await self._probe_clock()
            if (leadership := await self._lease.try_acquire(self._edge_name, reply)) is not None:
                await self._promote(leadership)

    def _apply_heartbeat(self, reply: HeartbeatReply) -> None:
        before, self._heartbeat = self._heartbeat, reply
        self._lease.apply_heartbeat(reply)
        now_us = self.clock.local_us
        if reply.leader is not None and reply.leader != self._leading_edge:
            self._leading_edge, self._leading_since_us = reply.leader, now_us
        elif now_us - self._leading_since_us > TAKEOVER_US:
            self._edge.fail_calls("Another hub leads now", self._leading_since_us)
        if self._leader is None and reply.clock_id is not None and reply.clock_id != self.clock.clock_id:
            self.clock.set_clock_id(reply.clock_id)
            if len(self._edge):
                self._restart_edge("The clock of the hubs has changed")
        if before is None or (before.leader, before.nodes) != (reply.leader, reply.nodes):
            self.changed.emit()

    def _set_connected(self, connected: bool, reason: str = "") -> None:
        if connected == self._connected:
            return
        self._connected = connected
        self._departures.clear()
        if self._heartbeat is not None:
            # Nodes that have just started needn't wait for each other.
            self._lease.defer()
        if connected:
            _LOGGER.info("Redis is available")
        else:
            _LOGGER.warning("Redis is unavailable: %s", reason)
        self.changed.emit()

    async def _probe_clock(self) -> None:
        # A later leader continues the cluster's time as it knows it, so one reading isn't enough.
        for _ in range(1 if self.clock.is_synchronized else BURST_PROBES + 1):
            with contextlib.suppress(Unavailable):
                self._send_to_leader(ClockProbe(self.clock.local_us))
            if not self.clock.is_synchronized:
                await asyncio.sleep(PROBE_SECONDS)

    def _add_clock_reading(self, t0_us: int, t1_us: int, t2_us: int) -> None:
        self.clock.add_reading(t0_us, t1_us, t2_us)
        if not self._stopping:
            self._edge.start()

    # ------------------------------------------------------------ leadership

    async def _promote(self, leadership: Leadership) -> None:
        clock = self.clock
        if leadership.clock_id is not None and not (clock.clock_id == leadership.clock_id and clock.is_synchronized):
            clock.set_time(leadership.clock_id, leadership.now_us or clock.now_us())
        hub = self._make_hub(clock)
        if self._leader_limits is not None and not self._priority:
            # A node without priority only stands in for the leader that set these limits.
            hub.configure(self._leader_limits)
        leader = Leader(
            hub,
            self._bus,
            self._edge_name,
            leadership,
            deliver=self._edge.apply,
            on_deposed=lambda: self._spawn(self._step_down()) if self._leader is leader else None,
            on_store_reset=lambda: self._spawn(self._recover_store()) if self._leader is leader else None,
        )
        loop = asyncio.get_running_loop()
        renewal = loop.create_task(repeat(partial(self._keep_lease, leadership.fence)))
        try:
            # Messages of the earlier leader come before anything new.
            await self._downlink.catch_up()
            await leader.start(await self._bus.load())
            # Another node may lead by now, if that took long.
            await self._lease.renew(self._edge_name, leadership.fence)
        except BaseException:
            await leader.stop()
            raise
        finally:
            renewal.cancel()
        self._leader, self._lease.fence = leader, leadership.fence
        leader.commits.start()
        self._receiver = loop.create_task(repeat(partial(self._receive, leader)))
        self._departures.clear()
        self._edge.start()
        _LOGGER.info("%s leads", self.node_id)
        self.promoted.emit(hub)
        self.changed.emit()
        await self._share_settings(hub)

    async def _keep_lease(self, fence: int) -> None:
        # Loading what is stored may take longer than a lease is valid.
        with contextlib.suppress(LeadershipLost, StoreReset):
            await self._lease.renew(self._edge_name, fence)
            await self._bus.heartbeat(
                self._edge_name, self.node_id, new=False, seconds=LEASE_SECONDS, read=self._downlink.position
            )
        await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _continue_leading(self, leader: Leader, reply: HeartbeatReply) -> None:
        uncontested = await self._lease.renew(self._edge_name, self._lease.fence)
        for edge in self._departures.update(reply, leader.inbox.edges, asyncio.get_running_loop().time()):
            leader.inbox.remove_edge(edge)
        if uncontested:
            # Sharing them may have failed before; nothing is sent if they haven't changed.
            await self._share_settings(leader.hub)
        else:
            await self._hand_over()

    async def _hand_over(self) -> None:
        if (leader := self._leader) is None:
            return
        self._handing_over = True
        try:
            if self._receiver is not None:
                self._receiver.cancel()
            if not await leader.commits.drain():
                self._edge.reset("Another hub leads now")
        finally:
            self._handing_over = False
            await self._stop_leading()
        await self._lease.release(self._edge_name)

    async def _step_down(self) -> None:
        if self._leader is not None:
            _LOGGER.warning("Another node leads; %s follows", self.node_id)
            # The last changes of this node may not have been stored, or stored but not delivered.
            self._restart_edge("Another hub leads now")
            await self._stop_leading()

    async def _stop_leading(self) -> None:
        leader, self._leader = self._leader, None
        if self._receiver is not None:
            self._receiver.cancel()
            self._receiver = None
        if leader is not None:
            await leader.stop()
            self.demoted.emit(leader.hub)
            self.changed.emit()

    async def _recover_store(self) -> None:
        if (leader := self._leader) is None or self._recovering:
            return
        self._recovering = True
        try:
            await self._lease.wait_if_expired()
            if self._leader is leader:
                await self._store_anew(leader)
        finally:
            self._recovering = False

    async def _store_anew(self, leader: Leader) -> None:
        _LOGGER.warning("Redis is empty: this node stores its state anew")
        if (leadership := await self._lease.acquire_anew(self._edge_name)) is None:
            await self._step_down()
            return
        self._restart_edge("The hubs have lost their shared state")
        leader.restart(leadership, self._edge_name, secrets.token_hex(8))
        self.shared.clear()
        await self._share_settings(leader.hub)

    # ------------------------------------------------------------ settings

    async def _share_settings(self, hub: Hub) -> None:
        await self.shared.put("settings", {"limits": msgspec.to_builtins(hub.limits), "features": hub.features()})

    def _apply_settings(self, name: str) -> None:
        if name == "settings" and (settings := self.shared.get(name)) is not None:
            try:
                self._leader_limits = msgspec.convert(settings["limits"], Limits)
            except msgspec.ValidationError as error:
                # A leader of another version: this node keeps its limits.
                _LOGGER.error("The settings of the leader aren't understood: %s", error)  # noqa: TRY400
                return
            self._edge.configure(self._leader_limits, settings["features"])

    # ------------------------------------------------------------ messages

    def _restart_edge(self, reason: str | None = None) -> None:
        if reason is not None:
            self._edge.reset(reason)
        self._edge_name = f"{self.node_id}.{secrets.token_hex(4)}"
        self._registered = False
        self._uplink.restart(self._edge_name)
        self._downlink.restart(self._edge_name)

    def _send_to_leader(self, message: ToLeader) -> None:
        if (leader := self._leader) is not None and self._can_execute_here(leader):
            online = self._connected and not leader.commits.offline
            if not leader.inbox.can_execute(message, online=online):
                raise Unavailable(UNAVAILABLE)
            leader.inbox.execute(self._edge_name, 0, (message,))
            return
        if not self._connected:
            raise Unavailable(UNAVAILABLE)
        self._uplink.send(message)

    def _can_execute_here(self, leader: Leader) -> bool:
        # Messages that were sent by way of Redis come first.
        if self._handing_over or self._uplink:
            return False
        return leader.inbox.has_executed(self._edge_name, self._uplink.batches_sent)

    async def _receive(self, leader: Leader) -> None:
        for batch in await self._bus.receive(leader.last_read_id, WAIT_SECONDS):
            messages: Sequence[ToLeader | Unreadable] = ()
            try:
                messages = unpack_to_leader(batch.data)
            except msgspec.MsgspecError as error:
                _LOGGER.error("Messages of %s can't be read: %s", batch.edge, error)  # noqa: TRY400
                leader.inbox.reset_edge(batch.edge)
            leader.inbox.execute(batch.edge, batch.number, messages, batch.id)
