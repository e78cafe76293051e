"""mpv as a process, spoken to by its JSON IPC over a pair of sockets: nothing of it is on the disk or in a list of processes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
import itertools
import json
import logging
import socket
from typing import Any, Final

from ...signals import Signal
from ..pending import monotonic_us

_LOGGER = logging.getLogger(__name__)

PROGRAM: Final = "mpv"
ANSWER_TIMEOUT: Final = 10.0
STOP_TIMEOUT: Final = 3.0
MAX_LINE: Final = 4 * 1_048_576
OPTIONS: Final = (
    *("--no-config", "--idle=yes", "--no-terminal", "--no-video", "--load-scripts=no", "--ytdl=no"),
    *("--audio-display=no", "--gapless-audio=yes", "--prefetch-playlist=yes", "--audio-pitch-correction=no"),
    *("--hr-seek=yes", "--cache=yes", "--cache-pause=yes", "--cache-pause-wait=0.5", "--demuxer-max-bytes=64MiB"),
    *("--keep-open=no", "--replaygain=no", "--audio-client-name=MoosicBox", "--volume-max=100"),
    # A network that is away isn't the end of a song: asked for again after 1, 3, 7 … seconds, for two minutes.
    "--stream-lavf-o=reconnect=1,reconnect_streamed=1,reconnect_delay_max=120",
    # Only what a hub names: no playlist or description may send it to files of this machine.
    *("--access-references=no", "--load-unsafe-playlists=no"),
)


class MpvError(Exception):
    """mpv refused a command, or has ended."""


class Mpv:
    """One mpv. `event` tells what happens in it, with the local time at which that was read."""

    def __init__(self, options: Sequence[str] = (), program: str = PROGRAM) -> None:
        """`options` beside our own, such as the output."""
        self.event: Signal[dict[str, Any], int] = Signal()
        self._command = (program, *OPTIONS, *options)
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Any]] = {}

    async def start(self) -> None:
        """Return when it answers; MpvError if it can't be started."""
        ours, its = socket.socketpair()
        with its:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    f"--input-ipc-client=fd://{its.fileno()}",
                    pass_fds=(its.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise MpvError(f"{self._command[0]} can't be started: {error.strerror}") from error
        reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=MAX_LINE)
        self._reading = asyncio.create_task(self._read(reader))
        await self.get("mpv-version")

    async def wait_closed(self) -> None:
        """Wait until it has ended, by itself or not."""
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def stop(self) -> None:
        """End it."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        if (process := self._process) is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_TIMEOUT):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    async def command(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Do something; its result."""
        what = {"name": name, **named} if named else [name, *arguments]
        return (await self._ask(what))[0]

    async def get(self, name: str) -> Any:
        """A property."""
        return await self.command("get_property", name)

    async def set(self, name: str, value: Any) -> None:
        """Change a property."""
        await self.command("set_property", name, value)

    async def measure(self, name: str) -> tuple[Any, float]:
        """A property that changes all the time, and the local time (µs) at which it was so."""
        asked_us = monotonic_us()
        value, answered_us = await self._ask(["get_property", name])
        return value, (asked_us + answered_us) / 2

    async def observe(self, *names: str) -> None:
        """Hear of each change of these properties as `property-change`."""
        for number, name in enumerate(names, 1):
            await self.command("observe_property", number, name)

    async def _ask(self, what: Any) -> tuple[Any, int]:
        if self._writer is None or self._reading is None or self._reading.done():
            raise MpvError("mpv has ended")
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"command": what, "request_id": number}).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                result: tuple[Any, int] = await answer
        except TimeoutError as error:
            raise MpvError("mpv doesn't answer") from error
        finally:
            self._asked.pop(number, None)
        return result

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            with suppress(OSError):
                while line := await reader.readline():
                    self._take(json.loads(line), monotonic_us())
        finally:
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(MpvError("mpv has ended"))

    def _take(self, message: dict[str, Any], at_us: int) -> None:
        if "event" in message:
            self.event.emit(message, at_us)
        elif (answer := self._asked.get(message.get("request_id", 0))) is not None and not answer.done():
            if message["error"] == "success":
                answer.set_result((message.get("data"), at_us))
            else:
                answer.set_exception(MpvError(f"mpv: {message['error']}"))
