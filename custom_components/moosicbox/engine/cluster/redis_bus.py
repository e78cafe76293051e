"""The bus of a cluster in Redis 6.2 or newer, or Valkey.

All keys have the same hash tag, so that they are on one shard of a Redis Cluster.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
import itertools
import logging
from typing import Any, Final, cast, override

import redis
from redis import DriverInfo
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from .bus import (
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
from .scripts import ACQUIRE, COMMIT, HEARTBEAT, RELEASE, RENEW, SEND

_LOGGER = logging.getLogger(__name__)

PREFIX: Final = "{moosicbox}"
HASHES: Final = ("state", "items", "answers", "pending")
"""The hashes that the leader writes."""
TIMEOUT: Final = 2.0
"""Seconds until Redis counts as unavailable."""
READ_ENTRIES: Final = 512
"""Entries that are read with one command."""
HISTORY_MESSAGES: Final = 1_000
"""Messages that are kept of one topic, at least."""
HISTORY_MS: Final = 600_000
"""How long a topic's messages are kept after the last one: longer than a session can be resumed."""


class RedisBus(Bus):
    """One node's connections to Redis."""

    def __init__(self, url: str) -> None:
        """Set up connections to `url` (redis://, rediss:// or unix://), which are made on demand."""
        # Otherwise the client reads its own version from a file at each new connection.
        info = DriverInfo(lib_version=redis.__version__)
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            driver_info=info,
        )
        register = self._redis.register_script
        self._heartbeat, self._acquire, self._renew = register(HEARTBEAT), register(ACQUIRE), register(RENEW)
        self._release, self._commit, self._send = register(RELEASE), register(COMMIT), register(SEND)

    @override
    async def heartbeat(self, edge: str, node_id: str, *, new: bool, seconds: float, read: str) -> HeartbeatReply:
        with _bus_errors():
            reply = await _run(self._heartbeat, edge, node_id, int(new), _ms(seconds), read)
        registered, leader, nodes, silent_edges, documents_version, has_been_led, clock_id = reply
        names = [name.decode() for name in nodes]
        return HeartbeatReply(
            registered=bool(registered),
            leader=leader.decode() if leader else None,
            nodes=dict(zip(names[::2], names[1::2], strict=True)),
            silent_edges=[name.decode() for name in silent_edges],
            documents_version=int(documents_version),
            has_been_led=bool(has_been_led),
            clock_id=clock_id.decode() if clock_id else None,
        )

    @override
    async def acquire_lease(self, edge: str, priority: int, seconds: float, *, first: bool) -> Leadership | None:
        with _bus_errors():
            reply = await _run(self._acquire, edge, priority, _ms(seconds), int(first))
        if reply is None:
            return None
        # A Lua list ends before the first nil.
        fence, commit_number, last_read_id, newest_id, leaderless_us, clock_id, now_us = (*reply, None, None)[:7]
        return Leadership(
            fence=int(fence),
            commit_number=int(commit_number),
            last_read_id=last_read_id.decode(),
            newest_id=newest_id.decode(),
            leaderless_seconds=int(leaderless_us) / 1e6,
            clock_id=clock_id.decode() if clock_id else None,
            now_us=int(now_us) if now_us else None,
        )

    @override
    async def renew_lease(
        self, edge: str, fence: int, priority: int, seconds: float, clock_id: str, now_us: int
    ) -> bool:
        with _bus_errors():
            return bool(await _run(self._renew, edge, fence, _ms(seconds), priority, clock_id, now_us))

    @override
    async def release_lease(self, edge: str, fence: int) -> None:
        with _bus_errors():
            await _run(self._release, edge, fence)

    @override
    async def send(self, edge: str, number: int, data: bytes) -> None:
        with _bus_errors():
            await _run(self._send, edge, number, data)

    @override
    async def receive(self, after: str, seconds: float) -> Sequence[Received]:
        entries = await self._read(f"{PREFIX}:in", after, seconds)
        return [Received(id_, fields[b"e"].decode(), int(fields[b"n"]), fields[b"d"]) for id_, fields in entries]

    @override
    async def commit(self, fence: int, commit: Commit) -> None:
        arguments: list[Any] = [fence, commit.number, commit.last_read_id]
        for command in _commands(commit):
            arguments.append(len(command))
            arguments.extend(command)
        with _bus_errors():
            failed = await _run(self._commit, *arguments)
        if failed:
            _LOGGER.error("A part of a commit could not be stored: %s", failed.decode())

    @override
    async def fetch(self, edge: str, after: str, seconds: float) -> Sequence[Fetched]:
        entries = await self._read(f"{PREFIX}:out:{edge}", after, seconds)
        return [Fetched(id_, fields[b"d"]) for id_, fields in entries]

    @override
    async def load(self) -> ClusterSnapshot:
        with _bus_errors():
            # Only the leader changes these, which is this node: they can be read one after the other.
            hashes = {name: await self._read_hash(name) for name in HASHES}
            offsets = {topic: int(offset) for topic, offset in (await self._read_hash("offsets")).items()}
            histories: dict[str, Sequence[Numbered]] = {}
            for topics in itertools.batched(offsets, READ_ENTRIES, strict=False):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for topic in topics:
                        pipeline.xrange(f"{PREFIX}:topic:{topic}")
                    streams = await pipeline.execute()
                for topic, stream in zip(topics, streams, strict=True):
                    histories[topic] = [_numbered(topic, entry) for entry in stream]
        return ClusterSnapshot(hashes, histories, offsets)

    async def _read_hash(self, name: str) -> dict[str, bytes]:
        fields: dict[str, bytes] = {}
        async for field, value in self._redis.hscan_iter(f"{PREFIX}:{name}", count=READ_ENTRIES):
            fields[field.decode()] = value
            if len(fields) % READ_ENTRIES == 0:
                await asyncio.sleep(0)
        return fields

    @override
    async def documents(self) -> Mapping[str, bytes]:
        with _bus_errors():
            return _texts(await cast(Awaitable[dict[bytes, bytes]], self._redis.hgetall(f"{PREFIX}:documents")))

    @override
    async def put_document(self, name: str, document: bytes) -> None:
        with _bus_errors():
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hset(f"{PREFIX}:documents", name, document)
                pipeline.incr(f"{PREFIX}:changes")
                await pipeline.execute()

    async def ping(self) -> None:
        """Connect and wait for an answer. Raise BusUnavailable."""
        with _bus_errors():
            await self._redis.time()

    @override
    async def close(self) -> None:
        await self._redis.aclose()

    async def _read(self, key: str, after: str, seconds: float) -> list[tuple[str, dict[bytes, bytes]]]:
        with _bus_errors():
            streams: Any = await self._redis.xread({key: after}, count=READ_ENTRIES, block=_ms(seconds))
        return [(id_.decode(), fields) for _, entries in streams or () for id_, fields in entries]


def _commands(commit: Commit) -> Iterator[Sequence[Any]]:
    if commit.wipe:
        yield "WIPE", *(f"{PREFIX}:{name}" for name in (*HASHES, "offsets"))
    for topic, offset, at_us, payload in commit.histories:
        key = f"{PREFIX}:topic:{topic}"
        yield "XADD", key, "MAXLEN", "~", HISTORY_MESSAGES, f"{offset}-1", "t", at_us, "p", payload
        yield "PEXPIRE", key, HISTORY_MS
        yield "HSET", f"{PREFIX}:offsets", topic, offset
    for topic in commit.dropped_topics:
        yield "DEL", f"{PREFIX}:topic:{topic}"
        yield "HDEL", f"{PREFIX}:offsets", topic
    for name, fields in commit.fields.items():
        for field, value in fields.items():
            if value is None:
                yield "HDEL", f"{PREFIX}:{name}", field
            else:
                yield "HSET", f"{PREFIX}:{name}", field, value
    for edge in commit.removed_edges:
        yield "HDEL", f"{PREFIX}:nodes", edge
        yield "DEL", f"{PREFIX}:out:{edge}"
    for edge, data in commit.messages.items():
        yield "OUT", edge, data


async def _run(script: Any, *arguments: Any) -> Any:
    return await script(keys=[PREFIX], args=arguments)


@contextmanager
def _bus_errors() -> Iterator[None]:
    try:
        yield
    except ResponseError as error:
        text = str(error)
        if text.startswith("FENCED"):
            raise LeadershipLost from error
        if text.startswith("EMPTIED"):
            raise StoreReset from error
        # Redis is out of memory, read-only, or still loading.
        raise BusUnavailable(text) from error
    except (RedisError, OSError) as error:
        raise BusUnavailable(str(error)) from error


def _numbered(topic: str, entry: tuple[bytes, dict[bytes, bytes]]) -> Numbered:
    id_, fields = entry
    return Numbered(topic, int(id_.partition(b"-")[0]), int(fields[b"t"]), fields[b"p"])


def _texts(fields: Mapping[bytes, bytes]) -> dict[str, bytes]:
    return {name.decode(): value for name, value in fields.items()}


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
