"""A Redis with the semantics of `redis_bus.py` and `scripts.py`, behind networks that fail."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
import random
from typing import Any, override

from custom_components.moosicbox.engine.cluster.bus import (
    Bus,
    BusUnavailable,
    ClusterSnapshot,
    Commit,
    Fetched,
    HeartbeatReply,
    Leadership,
    LeadershipLost,
    Numbered,
    Received,
    StoreReset,
)

from .virtual_time import OUTSIDE

TIMEOUT = 2.0


class StoredData:
    """The data in Redis."""

    def __init__(self) -> None:
        self.nodes: dict[str, str] = {}
        self.alive: dict[str, float] = {}
        self.leader: tuple[str, float] | None = None
        self.claim: tuple[str, float] | None = None
        self.priority = 0
        self.fence: int | None = None
        self.commits = 0
        self.read = "0-0"
        self.clock: tuple[str, int, float] | None = None
        self.inbox: list[Received] = []
        self.out: dict[str, list[Fetched]] = {}
        self.hashes: dict[str, dict[str, bytes]] = {name: {} for name in ("state", "items", "answers", "pending")}
        self.histories: dict[str, list[Numbered]] = {}
        self.offsets: dict[str, int] = {}
        self.documents: dict[str, bytes] = {}
        self.changes = 0


class SimulatedRedis:
    """A Redis, and a log of all commits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.stored = StoredData()
        self.away = False
        self.log: list[tuple[int, Commit]] = []
        """Fence and commit of each commit that was executed."""
        self._loop = loop
        self._ids = 0
        self._waiting: list[Callable[[], bool]] = []

    @property
    def now(self) -> float:
        return self._loop.time()

    def empty(self) -> None:
        """Drop all data."""
        self.stored = StoredData()

    def wait(self, look: Callable[[], bool], seconds: float) -> None:
        """Call `look` until it returns true, whenever data has arrived, but not after `seconds`."""
        if not look():
            self._waiting.append(look)
            self._loop.call_later(seconds, self._leave, look, context=OUTSIDE)

    def _leave(self, look: Callable[[], bool]) -> None:
        if look in self._waiting:
            self._waiting.remove(look)

    def _came(self) -> None:
        self._waiting = [look for look in self._waiting if not look()]

    def _next_id(self) -> str:
        self._ids += 1
        return f"{self._ids}-0"

    def _valid(self, entry: tuple[str, float] | None) -> str | None:
        return entry[0] if entry is not None and entry[1] > self.now else None

    # ------------------------------------------------------------ scripts

    def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        kept, known = self.stored, True
        if new:
            kept.nodes[edge] = node_id
        elif edge not in kept.nodes:
            known = False
        if known:
            kept.alive[edge] = self.now + seconds
            kept.out[edge] = [entry for entry in kept.out.get(edge, ()) if order(entry.id) >= order(read)]
        gone = [name for name in kept.nodes if kept.alive.get(name, 0.0) <= self.now]
        clock_id = None if kept.clock is None else kept.clock[0]
        return HeartbeatReply(
            known, self._valid(kept.leader), dict(kept.nodes), gone, kept.changes, kept.fence is not None, clock_id
        )

    def lead(self, edge: str, priority: int, seconds: float, *, first: bool) -> Leadership | None:
        kept = self.stored
        if kept.fence is None and not first:
            return None
        leader, claim = self._valid(kept.leader), self._valid(kept.claim)
        if leader is not None and leader != edge:
            if priority > kept.priority and claim in (None, edge):
                kept.claim = (edge, self.now + seconds)
            return None
        if claim is not None and claim != edge:
            return None
        kept.claim = None
        kept.leader, kept.priority = (edge, self.now + seconds), priority
        clock_id, now_us, away = None, None, 0.0
        if kept.clock is not None:
            clock_id, us, at = kept.clock
            away = self.now - at
            now_us = us + round(away * 1e6)
        kept.fence = max((kept.fence or 0) + 1, round(self.now * 1000))
        last = kept.inbox[-1].id if kept.inbox else "0-0"
        return Leadership(kept.fence, kept.commits, kept.read, last, away, clock_id, now_us)

    def _check(self, fence: int) -> None:
        if self.stored.fence is None or self.stored.fence < fence:
            raise StoreReset
        if self.stored.fence != fence:
            raise LeadershipLost

    def renew(self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int) -> bool:
        self._check(fence)
        kept = self.stored
        kept.leader, kept.priority = (edge, self.now + seconds), priority
        kept.clock = (clock_id, now_us, self.now)
        return self._valid(kept.claim) in (None, edge)

    def resign(self, edge: str, fence: int) -> None:
        kept = self.stored
        if kept.fence == fence and self._valid(kept.leader) == edge:
            kept.leader = None

    def send(self, edge: str, number: int, data: bytes) -> None:
        if edge in self.stored.nodes:
            self.stored.inbox.append(Received(self._next_id(), edge, number, data))
            self._came()

    def received(self, after: str) -> list[Received]:
        return [entry for entry in self.stored.inbox if order(entry.id) > order(after)]

    def commit(self, fence: int, commit: Commit) -> None:
        self._check(fence)
        kept = self.stored
        if kept.commits == commit.number:
            return
        if kept.commits + 1 != commit.number:
            raise StoreReset
        self.log.append((fence, commit))
        kept.commits, kept.read = commit.number, commit.last_read_id
        kept.inbox = [entry for entry in kept.inbox if order(entry.id) >= order(commit.last_read_id)]
        self._keep(commit)
        for parted in commit.removed_edges:
            kept.nodes.pop(parted, None)
            kept.out.pop(parted, None)
        for to, data in commit.messages.items():
            if to in kept.nodes:
                kept.out.setdefault(to, []).append(Fetched(self._next_id(), data))
        self._came()

    def _keep(self, commit: Commit) -> None:
        kept = self.stored
        if commit.wipe:
            kept.hashes = {name: {} for name in kept.hashes}
            kept.histories, kept.offsets = {}, {}
        for numbered in commit.histories:
            history = kept.histories.setdefault(numbered.topic, [])
            # XADD refuses an id that isn't above the last one.
            if numbered.offset > (history[-1].offset if history else 0):
                history.append(numbered)
            kept.offsets[numbered.topic] = numbered.offset
        for topic in commit.dropped_topics:
            kept.histories.pop(topic, None)
            kept.offsets.pop(topic, None)
        for name, fields in commit.fields.items():
            for field, value in fields.items():
                if value is None:
                    kept.hashes[name].pop(field, None)
                else:
                    kept.hashes[name][field] = value

    def fetched(self, edge: str, after: str) -> list[Fetched]:
        return [entry for entry in self.stored.out.get(edge, ()) if order(entry.id) > order(after)]

    def load(self) -> ClusterSnapshot:
        kept = self.stored
        return ClusterSnapshot(
            {name: dict(fields) for name, fields in kept.hashes.items()},
            {topic: list(kept.histories.get(topic, ())) for topic in kept.offsets},
            dict(kept.offsets),
        )

    def put_document(self, name: str, document: bytes) -> None:
        self.stored.documents[name] = document
        self.stored.changes += 1


class Network:
    """The network between one node and Redis."""

    def __init__(self, chance: random.Random) -> None:
        self.cut = False
        self.losing = 0.0
        """The fraction of answers that are lost after the request was executed."""
        self.slow = 0.0
        self._late: list[Callable[[], None]] = []
        self.chance = chance

    def delay(self) -> float:
        return self.chance.uniform(0.0002, 0.002) + self.chance.random() * self.slow

    def late(self, arrive: Callable[[], None]) -> None:
        """Deliver delayed data once the network is restored, or drop it."""
        if self.chance.random() < 0.5:
            self._late.append(arrive)

    def mend(self) -> None:
        self.cut = False
        self.losing = self.slow = 0.0
        late, self._late = self._late, []
        for arrive in late:
            arrive()


class SimulatedBus(Bus):
    """The bus of one node."""

    def __init__(self, loop: asyncio.AbstractEventLoop, place: SimulatedRedis, way: Network) -> None:
        self.network = way
        self._loop = loop
        self._redis = place

    async def _ask[T](self, work: Callable[[], T]) -> T:
        def arrive(answer: asyncio.Future[Any]) -> None:
            result: Any = None
            error: Exception | None = None
            try:
                result = work()
            except (LeadershipLost, StoreReset) as refused:
                error = refused
            self._reply(answer, result, error)

        answer: T = await self._sent(arrive)
        return answer

    async def _read[T](self, look: Callable[[], list[T]], seconds: float) -> list[T]:
        def arrive(answer: asyncio.Future[Any]) -> None:
            def found() -> bool:
                if answer.done():
                    return True
                if entries := look():
                    self._reply(answer, entries, None)
                return bool(entries)

            self._redis.wait(found, seconds)
            self._loop.call_later(seconds, self._reply, answer, [], None, context=OUTSIDE)

        entries: list[T] = await self._sent(arrive)
        return entries

    async def _sent(self, arrive: Callable[[asyncio.Future[Any]], None]) -> Any:
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._loop.call_later(self.network.delay(), self._arrive, arrive, answer, context=OUTSIDE)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await answer
        except TimeoutError as error:
            raise BusUnavailable("no answer") from error

    def _arrive(self, arrive: Callable[[asyncio.Future[Any]], None], answer: asyncio.Future[Any]) -> None:
        if self.network.cut or self._redis.away:
            self.network.late(lambda: self._arrive(arrive, answer))
        else:
            arrive(answer)

    def _reply(self, answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
        way = self.network
        if way.cut or self._redis.away or way.chance.random() < way.losing:
            return
        self._loop.call_later(way.delay(), _settle, answer, result, error, context=OUTSIDE)

    # ------------------------------------------------------------ the bus

    @override
    async def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        return await self._ask(lambda: self._redis.heartbeat(edge, node_id, new=new, seconds=seconds, read=read))

    @override
    async def acquire_lease(self, edge: str, priority: int, seconds: float, *, first: bool) -> Leadership | None:
        return await self._ask(lambda: self._redis.lead(edge, priority, seconds, first=first))

    @override
    async def renew_lease(
        self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int
    ) -> bool:
        return await self._ask(lambda: self._redis.renew(edge, fence, priority, seconds, clock_id, now_us))

    @override
    async def release_lease(self, edge: str, fence: int) -> None:
        await self._ask(lambda: self._redis.resign(edge, fence))

    @override
    async def send(self, edge: str, number: int, data: bytes) -> None:
        await self._ask(lambda: self._redis.send(edge, number, data))

    @override
    async def receive(self, after: str, seconds: float) -> Sequence[Received]:
        return await self._read(lambda: self._redis.received(after), seconds)

    @override
    async def commit(self, fence: int, commit: Commit) -> None:
        await self._ask(lambda: self._redis.commit(fence, commit))

    @override
    async def fetch(self, edge: str, after: str, seconds: float) -> Sequence[Fetched]:
        return await self._read(lambda: self._redis.fetched(edge, after), seconds)

    @override
    async def load(self) -> ClusterSnapshot:
        return await self._ask(self._redis.load)

    @override
    async def documents(self) -> Mapping[str, bytes]:
        return await self._ask(lambda: dict(self._redis.stored.documents))

    @override
    async def put_document(self, name: str, document: bytes) -> None:
        await self._ask(lambda: self._redis.put_document(name, document))

    @override
    async def close(self) -> None:
        """Do nothing."""


def _settle(answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if not answer.done():
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)


def order(id_: str) -> int:
    """Return the number of a stream id, by which entries are ordered."""
    return int(id_.partition("-")[0])
