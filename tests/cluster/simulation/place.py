"""A shared place with the semantics of `redis_bus.py` and `scripts.py`, behind networks that fail."""

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

from .virtual import OUTSIDE

TIMEOUT = 2.0


class Kept:
    """What Redis holds; emptied, it is a new one."""

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


class Place:
    """A Redis, and all that ever was committed to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.kept = Kept()
        self.away = False
        self.log: list[tuple[int, Commit]] = []
        """Fence and commit of all that was done."""
        self._loop = loop
        self._ids = 0
        self._waiting: list[Callable[[], bool]] = []

    @property
    def now(self) -> float:
        return self._loop.time()

    def empty(self) -> None:
        """FLUSHALL."""
        self.kept = Kept()

    def wait(self, look: Callable[[], bool], seconds: float) -> None:
        """Have `look` try again whenever something comes, and at last when `seconds` have passed."""
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

    # ------------------------------------------------------------ what scripts.py says

    def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        kept, known = self.kept, True
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
        kept = self.kept
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
        if self.kept.fence is None or self.kept.fence < fence:
            raise StoreReset
        if self.kept.fence != fence:
            raise LeadershipLost

    def renew(self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int) -> bool:
        self._check(fence)
        kept = self.kept
        kept.leader, kept.priority = (edge, self.now + seconds), priority
        kept.clock = (clock_id, now_us, self.now)
        return self._valid(kept.claim) in (None, edge)

    def resign(self, edge: str, fence: int) -> None:
        kept = self.kept
        if kept.fence == fence and self._valid(kept.leader) == edge:
            kept.leader = None

    def send(self, edge: str, number: int, data: bytes) -> None:
        if edge in self.kept.nodes:
            self.kept.inbox.append(Received(self._next_id(), edge, number, data))
            self._came()

    def received(self, after: str) -> list[Received]:
        return [entry for entry in self.kept.inbox if order(entry.id) > order(after)]

    def commit(self, fence: int, commit: Commit) -> None:
        self._check(fence)
        kept = self.kept
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
        kept = self.kept
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
        return [entry for entry in self.kept.out.get(edge, ()) if order(entry.id) > order(after)]

    def load(self) -> ClusterSnapshot:
        kept = self.kept
        return ClusterSnapshot(
            {name: dict(fields) for name, fields in kept.hashes.items()},
            {topic: list(kept.histories.get(topic, ())) for topic in kept.offsets},
            dict(kept.offsets),
        )

    def put_document(self, name: str, document: bytes) -> None:
        self.kept.documents[name] = document
        self.kept.changes += 1


class Way:
    """The network between one node and the place."""

    def __init__(self, chance: random.Random) -> None:
        self.cut = False
        self.losing = 0.0
        """How many answers get lost though all was done."""
        self.slow = 0.0
        self._late: list[Callable[[], None]] = []
        self.chance = chance

    def delay(self) -> float:
        return self.chance.uniform(0.0002, 0.002) + self.chance.random() * self.slow

    def late(self, arrive: Callable[[], None]) -> None:
        """What was under way when the network broke comes when it is mended, or never."""
        if self.chance.random() < 0.5:
            self._late.append(arrive)

    def mend(self) -> None:
        self.cut = False
        self.losing = self.slow = 0.0
        late, self._late = self._late, []
        for arrive in late:
            arrive()


class SimulatedBus(Bus):
    """One node's way to the place."""

    def __init__(self, loop: asyncio.AbstractEventLoop, place: Place, way: Way) -> None:
        self.way = way
        self._loop = loop
        self._place = place

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

            self._place.wait(found, seconds)
            self._loop.call_later(seconds, self._reply, answer, [], None, context=OUTSIDE)

        entries: list[T] = await self._sent(arrive)
        return entries

    async def _sent(self, arrive: Callable[[asyncio.Future[Any]], None]) -> Any:
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._loop.call_later(self.way.delay(), self._arrive, arrive, answer, context=OUTSIDE)
        try:
            async with asyncio.timeout(TIMEOUT):
                return await answer
        except TimeoutError as error:
            raise BusUnavailable("no answer") from error

    def _arrive(self, arrive: Callable[[asyncio.Future[Any]], None], answer: asyncio.Future[Any]) -> None:
        if self.way.cut or self._place.away:
            self.way.late(lambda: self._arrive(arrive, answer))
        else:
            arrive(answer)

    def _reply(self, answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
        way = self.way
        if way.cut or self._place.away or way.chance.random() < way.losing:
            return
        self._loop.call_later(way.delay(), _settle, answer, result, error, context=OUTSIDE)

    # ------------------------------------------------------------ the bus

    @override
    async def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        return await self._ask(lambda: self._place.heartbeat(edge, node_id, new=new, seconds=seconds, read=read))

    @override
    async def acquire_lease(self, edge: str, priority: int, seconds: float, *, first: bool) -> Leadership | None:
        return await self._ask(lambda: self._place.lead(edge, priority, seconds, first=first))

    @override
    async def renew_lease(
        self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int
    ) -> bool:
        return await self._ask(lambda: self._place.renew(edge, fence, priority, seconds, clock_id, now_us))

    @override
    async def release_lease(self, edge: str, fence: int) -> None:
        await self._ask(lambda: self._place.resign(edge, fence))

    @override
    async def send(self, edge: str, number: int, data: bytes) -> None:
        await self._ask(lambda: self._place.send(edge, number, data))

    @override
    async def receive(self, after: str, seconds: float) -> Sequence[Received]:
        return await self._read(lambda: self._place.received(after), seconds)

    @override
    async def commit(self, fence: int, commit: Commit) -> None:
        await self._ask(lambda: self._place.commit(fence, commit))

    @override
    async def fetch(self, edge: str, after: str, seconds: float) -> Sequence[Fetched]:
        return await self._read(lambda: self._place.fetched(edge, after), seconds)

    @override
    async def load(self) -> ClusterSnapshot:
        return await self._ask(self._place.load)

    @override
    async def documents(self) -> Mapping[str, bytes]:
        return await self._ask(lambda: dict(self._place.kept.documents))

    @override
    async def put_document(self, name: str, document: bytes) -> None:
        await self._ask(lambda: self._place.put_document(name, document))

    @override
    async def close(self) -> None:
        """Nothing to give back."""


def _settle(answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if not answer.done():
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)


def order(id_: str) -> int:
    """Where an entry of a stream stands."""
    return int(id_.partition("-")[0])
