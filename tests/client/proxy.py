"""A TCP proxy that simulates network faults."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from yarl import URL


@dataclass
class Straggler:
    """Delays a connection: `pieces` reads of it are forwarded to the hub at once, the rest once `released` is set."""

    pieces: int
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Forwards connections to one address; its faults apply to all connections."""

    def __init__(self, target: URL) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.accepted = 0
        self.refusing = False
        """New connections are aborted at once."""
        self.answer: bytes | None = None
        """The body of the HTTP answer that new connections get instead of the hub's, as from a hotspot's login page."""
        self.delay = 0.0
        """Seconds by which the hub's bytes are delayed."""
        self.straggler: Straggler | None = None
        """The delay of the next connection, so that later ones overtake it."""
        self.budget: int | None = None
        """How many of the hub's bytes are still forwarded before the connection is aborted, in the middle of a frame."""
        self.open = asyncio.Event()
        """While cleared, nothing is forwarded in either direction, and no connection is closed."""
        self.open.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Abort all connections, without a close frame."""
        for pair in tuple(self._pairs):
            for writer in pair:
                writer.transport.abort()

    def half_close(self) -> None:
        """Close the direction from the hub to the client only."""
        for to_client, _ in tuple(self._pairs):
            with suppress(OSError, RuntimeError):
                to_client.write_eof()

    async def _accept(self, reader: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.refusing:
            to_client.transport.abort()
            return
        if (answer := self.answer) is not None:
            with suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(answer)
                to_client.write(head + answer)
                await to_client.drain()
            to_client.close()
            return
        assert self._target.host is not None
        try:
            from_hub, to_hub = await asyncio.open_connection(self._target.host, self._target.port)
        except OSError:
            # The test has ended.
            to_client.transport.abort()
            return
        straggler, self.straggler = self.straggler, None
        pair = (to_client, to_hub)
        self._pairs.add(pair)
        for work in (
            self._pump(reader, to_hub, from_the_hub=False, straggler=straggler),
            self._pump(from_hub, to_client, from_the_hub=True),
        ):
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: self._pairs.discard(pair))

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        from_the_hub: bool,
        straggler: Straggler | None = None,
    ) -> None:
        with suppress(OSError, RuntimeError):
            while data := await reader.read(65_536):
                await self.open.wait()
                if straggler is not None:
                    straggler.pieces -= 1
                    if straggler.pieces < 0:
                        await straggler.released.wait()
                if from_the_hub:
                    await asyncio.sleep(self.delay)
                    if self.budget is not None:
                        data, rest = data[: self.budget], data[self.budget :]
                        self.budget -= len(data)
                        if rest:
                            writer.write(data)
                            await writer.drain()
                            self.budget = None
                            self.cut()
                            return
                writer.write(data)
                await writer.drain()
            writer.close()
