"""Messages that a node doesn't understand, such as those of another version."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from custom_components.moosicbox.engine.cluster.bus import Fetched, Received
from custom_components.moosicbox.engine.cluster.wire import (
    ClientDisconnected,
    ClockReply,
    Publish,
    Unreadable,
    pack,
    unpack_to_edge,
    unpack_to_leader,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from script.lib.redis_server import RedisServer
from tests.cluster.nodes import SECONDS, Caller, Node, callers, cluster

UNKNOWN = 99
"""The tag of a message of a later version."""


def test_messages_that_are_understood_are_read_from_a_batch_with_others() -> None:
    gone, reply = ClientDisconnected(7, ended=True), ClockReply(1, 2, 3)
    strange: list[Any] = [[UNKNOWN, 8, "new"], [UNKNOWN], [UNKNOWN, "topic"], [4, 9], "text", [4, True, 1]]
    first, *rest, last = unpack_to_leader(pack([gone, *strange, gone]))
    assert (first, last) == (gone, gone)
    assert [(type(each), each[0]) for each in rest if isinstance(each, tuple)] == [
        (Unreadable, number) for number in (8, None, None, 9, None, None)
    ]
    first_reply, publication, last_reply = unpack_to_edge(pack([reply, [1, "room:den", 5, None], reply]))
    assert (first_reply, last_reply) == (reply, reply)
    assert isinstance(publication, Unreadable)
    assert publication.number is None
    assert unpack_to_edge(pack([Publish("all", b"{}", None)])) == [Publish("all", b"{}", None)]
    for data in b"\xc1", b"\x92\x01", pack({}):  # type: ignore[arg-type]
        with pytest.raises(msgspec.MsgspecError):
            unpack_to_leader(data)


def number_of(node: Node, caller: Caller) -> int:
    """Return the number that the edge of `node` has given to the connection of a client."""
    client_id = caller.welcome["client_id"]
    return next(number for number, each in node.cluster._edge._sessions.items() if each.client_id == client_id)


def spoil_one(bus: Any, method: str, is_wanted: Callable[[bytes], bool], spoil: Callable[[bytes], bytes]) -> None:
    """Change the data of the first wanted batch that a method of `bus` returns, once it is called again."""
    read = getattr(bus, method)
    waiting = [spoil]

    def pass_on[B: (Received, Fetched)](batch: B) -> B:
        return batch._replace(data=waiting.pop()(batch.data)) if waiting and is_wanted(batch.data) else batch

    async def read_spoilt(*arguments: Any) -> Any:
        return [pass_on(batch) for batch in await read(*arguments)]

    setattr(bus, method, read_spoilt)


async def connected(node: Node, count: int) -> None:
    """Wait until the leader knows of no more than `count` connected clients."""
    hub = node.cluster.hub
    assert hub is not None
    async with asyncio.timeout(SECONDS):
        while len(list(hub.sessions.connected())) > count:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("to_leader", [True, False])
async def test_a_message_that_is_not_understood_concerns_its_client_only(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture, *, to_leader: bool
) -> None:
    async with cluster(redis_server.url, "a", "b") as nodes, callers() as call:

        def add_strange(data: bytes) -> bytes:
            strange = [[UNKNOWN], [UNKNOWN, "topic"], [UNKNOWN, number_of(nodes[1], bob), "new"]]
            return pack([*strange, *msgspec.msgpack.decode(data)])

        bus, method = (nodes[0].cluster._bus, "receive") if to_leader else (nodes[1].cluster._bus, "fetch")
        spoil_one(bus, method, lambda data: b"party" in data, add_strange)
        bob, eve = await call(nodes[1], "bob"), await call(nodes[1], "eve")
        answer = await eve.ask("room_command", action="create", name="Party", id="party")
        assert answer["data"]["room_id"] == "party"
        assert await bob.closed() == CloseCode.POSITION_LOST
        assert caplog.text.count("isn't understood") == 1
        await connected(nodes[0], 1)
        assert (await eve.ask("room_command", action="list"))["type"] != "error"
        back = await call(nodes[1], "bob")
        assert (await back.ask("room_command", action="list"))["type"] != "error"


async def test_an_edge_is_reset_after_a_batch_that_could_not_be_read(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A client whose disconnection was lost doesn't stay connected for the leader, and requests don't wait for ever."""
    async with cluster(redis_server.url, "a", "b") as nodes, callers() as call:

        def has_disconnection(data: bytes) -> bool:
            return any(isinstance(message, ClientDisconnected) for message in unpack_to_leader(data))

        spoil_one(nodes[0].cluster._bus, "receive", has_disconnection, lambda _data: b"\xc1")
        ada, bob, eve = await call(nodes[0], "ada"), await call(nodes[1], "bob"), await call(nodes[1], "eve")
        await bob.close()
        assert await eve.closed() == CloseCode.POSITION_LOST
        assert "Messages of b." in caplog.text
        await connected(nodes[0], 1)
        back = await call(nodes[1], "bob")
        assert (await back.ask("room_command", action="list"))["type"] != "error"
        assert ada.code is None


async def test_clients_resync_after_a_batch_that_could_not_be_read(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """They would miss its messages. The leader knows that they are disconnected, although they don't return."""
    async with cluster(redis_server.url, "a", "b") as nodes, callers() as call:
        ada, bob, eve = await call(nodes[0], "ada"), await call(nodes[1], "bob"), await call(nodes[1], "eve")
        bus = nodes[1].cluster._bus
        fetch, spoilt = bus.fetch, asyncio.Event()

        async def spoil(edge: str, after: str, seconds: float) -> Sequence[Fetched]:
            batches = await fetch(edge, after, seconds)
            if batches and not spoilt.is_set():
                spoilt.set()
                return [Fetched(batches[0].id, b"\xc1"), *batches[1:]]
            return batches

        monkeypatch.setattr(bus, "fetch", spoil)
        await ada.ask("room_command", action="create", name="Party", id="party")
        assert [await who.closed() for who in (bob, eve)] == [CloseCode.POSITION_LOST] * 2
        assert "Messages of the leader can't be read" in caplog.text
        hub = nodes[0].cluster.hub
        assert hub is not None
        async with asyncio.timeout(SECONDS):
            while len(list(hub.sessions.connected())) > 1:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.05)
        back = await call(nodes[1], "bob")
        answer = await back.ask("room_command", action="list")
        assert [room["room_id"] for room in answer["data"]["rooms"]] == ["party"]
