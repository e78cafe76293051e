"""A real Redis as a process of its own, on the loopback interface and with a folder of its own."""

import asyncio
from pathlib import Path
import shutil
import signal
import sys
from typing import Self

from .process import StartError, free_port

START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0


class RedisServer:
    """Starts, stops, pauses and empties a Redis server, whose data survive a stop."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._folder / "redis.log"
        self._process = await asyncio.create_subprocess_exec(
            _program(),
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)),
            *("--appendonly", "yes", "--save", "", "--logfile", str(log)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        async with asyncio.timeout(START_TIMEOUT):
            while await self._ask("PING") != "+PONG":
                if self._process.returncode is not None:
                    tail = log.read_text(encoding="utf-8").splitlines()[-10:] if log.exists() else []
                    raise StartError("\n".join(["Redis ended while starting:", *tail]))
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Stop it in order; its data are saved."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Kill it."""
        await self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Pause it: connections stay open, and requests aren't answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue it after a pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def flush(self) -> None:
        """Delete all its data."""
        if (answer := await self._ask("FLUSHALL")) != "+OK":
            raise OSError(f"Redis answered {answer}")

    async def _end(self, how: signal.Signals) -> None:
        if (process := self._process) is None or process.returncode is not None:
            return
        self.resume()
        process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _ask(self, command: str) -> str | None:
        # By a socket of its own, independent of the client library under test.
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return None
        try:
            writer.write(f"{command}\r\n".encode())
            return (await reader.readline()).decode().rstrip()
        except OSError:
            return None
        finally:
            writer.close()


def _program() -> str:
    # script/setup links it beside Python if the system has it under another name only.
    beside = Path(sys.executable).with_name("redis-server")
    if (found := shutil.which("redis-server") or shutil.which(beside)) is None:
        raise StartError("redis-server is missing: script/setup gets it")
    return found
