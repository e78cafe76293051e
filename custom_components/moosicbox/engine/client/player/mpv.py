"""Runs mpv as a child process and controls it by its JSON IPC.

The IPC is a pair of sockets, so that no other process can reach it by a path, and no address with a signature shows up in
the list of processes.
"""

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
DECODERS: Final = (
    *("aac", "aac_fixed", "aac_latm", "ac3", "eac3", "alac", "ape", "flac", "mp1float", "mp2float", "mp3float", "mp3"),
    *("opus", "libopus", "tta", "vorbis", "wavpack", "wmalossless", "wmapro", "wmav1", "wmav2"),
    *("dsd_lsbf", "dsd_lsbf_planar", "dsd_msbf", "dsd_msbf_planar", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms"),
    *("pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le"),
    *("pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)
"""The decoders that a file may use: of music only, whatever else a hostile file contains."""
OPTIONS: Final = (
    *("--no-config", "--idle=yes", "--no-terminal", "--no-video", "--load-scripts=no", "--ytdl=no"),
    *("--audio-display=no", "--gapless-audio=yes", "--prefetch-playlist=yes", "--audio-pitch-correction=no"),
    *("--hr-seek=yes", "--cache=yes", "--cache-pause=yes", "--cache-pause-wait=0.5", "--demuxer-max-bytes=64MiB"),
    *("--keep-open=no", "--replaygain=no", "--audio-client-name=MoosicBox", "--volume-max=100"),
    # A lost network isn't the end of a file: mpv requests it again after 1, 3, 7 … seconds, for two minutes.
    "--stream-lavf-o=reconnect=1,reconnect_streamed=1,reconnect_delay_max=120",
    # Plays only what the hub names: no playlist or manifest may refer to files of this machine.
    *("--access-references=no", "--load-unsafe-playlists=no"),
    *(f"--demuxer-lavf-o-append=codec_whitelist={','.join(DECODERS)}", f"--ad={','.join(DECODERS)},-", "--no-sub"),
)


class MpvError(Exception):
    """mpv refused a command, or has exited."""


class Mpv:
    """One mpv process.

    Attributes:
        event: Emitted for each event of mpv, with the local time (µs) at which it was read.
    """

    def __init__(self, options: Sequence[str] = (), program: str = PROGRAM) -> None:
        """Prepare a process.

        Args:
            options: Command-line options besides `OPTIONS`, such as the output.
            program: The executable.
        """
        self.event: Signal[dict[str, Any], int] = Signal()
        self._command = (program, *OPTIONS, *options)
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Any]] = {}

    async def start(self) -> None:
        """Start the process and wait until it answers. A process that doesn't is ended.

        Raises:
            MpvError: It can't be started, or doesn't answer.
        """
        own_end, child_end = socket.socketpair()
        with child_end:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    f"--input-ipc-client=fd://{child_end.fileno()}",
                    pass_fds=(child_end.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                own_end.close()
                raise MpvError(f"{self._command[0]} can't be started: {error.strerror}") from error
        reader, self._writer = await asyncio.open_unix_connection(sock=own_end, limit=MAX_LINE)
        self._reading = asyncio.create_task(self._read(reader))
        try:
            await self.get("mpv-version")
        except MpvError:
            await self.stop()
            raise

    async def wait_closed(self) -> None:
        """Wait until the process has exited."""
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def stop(self) -> None:
        """End the process."""
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
        """Execute a command of mpv and return its result.

        Raises:
            MpvError: mpv refused the command, doesn't answer, or has exited.
        """
        command = {"name": name, **named} if named else [name, *arguments]
        return (await self._request(command))[0]

    async def get(self, name: str) -> Any:
        """Return a property."""
        return await self.command("get_property", name)

    async def set(self, name: str, value: Any) -> None:
        """Set a property."""
        await self.command("set_property", name, value)

    async def measure(self, name: str) -> tuple[Any, float]:
        """Return a property that changes all the time, and the local time (µs) at which it had this value."""
        sent_us = monotonic_us()
        value, received_us = await self._request(["get_property", name])
        return value, (sent_us + received_us) / 2

    async def observe(self, *names: str) -> None:
        """Emit `property-change` events for these properties."""
        for number, name in enumerate(names, 1):
            await self.command("observe_property", number, name)

    async def _request(self, command: Any) -> tuple[Any, int]:
        if self._writer is None or self._reading is None or self._reading.done():
            raise MpvError("mpv has exited")
        number = next(self._numbers)
        answer = self._pending[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"command": command, "request_id": number}).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                result: tuple[Any, int] = await answer
        except TimeoutError as error:
            raise MpvError("mpv doesn't answer") from error
        finally:
            self._pending.pop(number, None)
        return result

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            with suppress(OSError):
                while line := await reader.readline():
                    self._dispatch(json.loads(line), monotonic_us())
        finally:
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(MpvError("mpv has exited"))

    def _dispatch(self, message: dict[str, Any], at_us: int) -> None:
        if "event" in message:
            self.event.emit(message, at_us)
        elif (answer := self._pending.get(message.get("request_id", 0))) is not None and not answer.done():
            if message["error"] == "success":
                answer.set_result((message.get("data"), at_us))
            else:
                answer.set_exception(MpvError(f"mpv: {message['error']}"))
