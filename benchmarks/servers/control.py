"""How a server under measurement is told what to do: lines on a Unix socket."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
from typing import override

from .probes import GarbageProbe, LoopProbe

type Publish = Callable[[int, int], object]
"""Publish so many messages of such a size in one turn of the loop."""
type Questions = dict[bytes, Callable[[], object]]
"""What else a server can be asked."""


class Control(asyncio.Protocol):
    """`publish BURST SIZE` has no answer; `collect` collects garbage; `loop` and `garbage` answer what was seen since they were asked last."""

    def __init__(self, publish: Publish, questions: Questions) -> None:
        self._publish = publish
        self._questions = questions
        self._loop_probe = LoopProbe()
        self._garbage_probe = GarbageProbe()
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._loop_probe.stop()
        self._garbage_probe.stop()

    @override
    def data_received(self, data: bytes) -> None:
        # The load generator and the runner wait for each other: a line comes in one piece.
        match data.split():
            case [b"publish", burst, size]:
                self._publish(int(burst), int(size))
            case [b"loop"]:
                self._answer(self._loop_probe.take())
            case [b"collect"]:
                self._answer({"ms": self._garbage_probe.collect()})
            case [b"garbage"]:
                self._answer(self._garbage_probe.take())
            case [question]:
                self._answer(self._questions[question]())

    def _answer(self, seen: object) -> None:
        assert self._transport is not None
        self._transport.write(json.dumps(seen).encode() + b"\n")


async def listen(path: Path, publish: Publish, questions: Questions | None = None) -> None:
    """Obey at `path` from now on."""
    await asyncio.get_running_loop().create_unix_server(lambda: Control(publish, questions or {}), path)
