"""The control of a server under measurement: lines on a Unix socket."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
from typing import override

from .probes import GarbageProbe, LoopProbe

type Publish = Callable[[int, int], object]
"""Publishes a number of messages of a size in one turn of the loop."""
type Questions = dict[bytes, Callable[[], object]]
"""Further requests, with the functions that answer them."""


class Control(asyncio.Protocol):
    """`publish BURST SIZE` has no answer; `collect` collects garbage; `loop` and `garbage` answer with the measurements since their last request."""

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
        # The peers wait for each answer, so that a line arrives in one piece.
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

    def _answer(self, result: object) -> None:
        assert self._transport is not None
        self._transport.write(json.dumps(result).encode() + b"\n")


async def listen(path: Path, publish: Publish, questions: Questions | None = None) -> None:
    """Accept commands on the socket at `path`."""
    await asyncio.get_running_loop().create_unix_server(lambda: Control(publish, questions or {}), path)
