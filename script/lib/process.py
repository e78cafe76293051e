"""A real Home Assistant as a process of its own."""

import asyncio
from collections import deque
from collections.abc import Mapping
import os
from pathlib import Path
import signal
import socket
import sys

from .config_folder import ConfigFolder

READY = "Home Assistant initialized in"
START_TIMEOUT = 90.0
# Home Assistant would give its own stages of stopping longer, but none of ours takes so long: it hangs, and is killed.
STOP_TIMEOUT = 60.0
TAIL_LINES = 40
# They would hide the linked integration, or let each start compile a thousand modules.
UNWANTED_ENVIRONMENT = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Return whether no process listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class StartError(Exception):
    """Home Assistant did not start; the message ends with the last lines of its log."""


class HomeAssistantProcess:
    """Starts and stops Home Assistant with a configuration folder; appends its output to one log file."""

    def __init__(self, folder: ConfigFolder, port: int, log: Path, variables: Mapping[str, str] | None = None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._folder = folder
        self._environment = {key: value for key, value in os.environ.items() if key not in UNWANTED_ENVIRONMENT}
        self._environment |= variables or {}
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    @property
    def pid(self) -> int:
        """The process id, while it runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """True until the process has ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Return when the web server answers and every integration is loaded."""
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("hass"),
            *("--config", str(self._folder.path), "--skip-pip", "--log-no-color"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
            # Ctrl-C reaches this program alone, which then stops Home Assistant in order.
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read_log(self._process))
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, self._reader}, timeout=START_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if not self._ready.is_set():
            ready.cancel()
            fault = f"was not ready after {START_TIMEOUT} s"
            if self._reader.done():
                fault = f"ended with {await self._process.wait()} while starting"
            raise StartError(f"Home Assistant {fault}:\n" + "\n".join(self._tail))

    async def stop(self) -> int:
        """Stop it with SIGTERM, and return its exit code."""
        if self._process is None or self._reader is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                code = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            code = await self._process.wait()
        await self._reader
        self._process = None
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT pause it."""
        assert self._process is not None
        self._process.send_signal(number)

    async def restart(self) -> None:
        """Stop it, then start it again on the same folder."""
        if code := await self.stop():
            raise StartError(f"Home Assistant ended with {code} while stopping")
        await self.start()

    async def crash(self) -> None:
        """Kill it, so that it saves nothing."""
        if self._process is None or self._reader is None:
            return
        self._process.kill()
        await self._process.wait()
        await self._reader
        self._process = None

    async def ended(self) -> int:
        """Wait until it ends by itself."""
        assert self._process is not None
        assert self._reader is not None
        code = await self._process.wait()
        await self._reader
        return code

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with self.log.open("a", encoding="utf-8") as log:
            while line := await process.stdout.readline():
                text = line.decode(errors="replace")
                log.write(text)
                log.flush()
                self._tail.append(text.rstrip())
                if READY in text:
                    self._ready.set()
