"""The load generator, as an object."""

import asyncio
import json
from pathlib import Path
from typing import Any, Self

from .process import LOAD_CORE, pinned

PATIENCE = 120


class Load:
    """Connections to one server, in a separate process."""

    def __init__(self, program: Path, port: int, path: str, control: Path, texts: tuple[str, ...]) -> None:
        self._arguments = (str(program), str(port), path, str(control), *texts)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        with pinned(LOAD_CORE):
            self._process = await asyncio.create_subprocess_exec(*self._arguments, stdin=pipe, stdout=pipe)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def command(self, *words: object) -> dict[str, Any]:
        """Execute a command and return its result."""
        assert self._process is not None and self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, words)).encode() + b"\n")
        async with asyncio.timeout(PATIENCE):
            answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the load generator failed at: {' '.join(map(str, words))[:100]}")
        result: dict[str, Any] = json.loads(answer)
        return result

    async def offer(self, extensions: str) -> None:
        """Set the extension that further connections offer, and that the server must accept."""
        await self.command("offer", extensions)

    async def open(self, count: int) -> None:
        """Open `count` further connections, authenticated and subscribed."""
        await self.command("open", count)

    async def stall(self, count: int) -> None:
        """Stop reading in the first `count` connections."""
        await self.command("stall", count)

    async def run(self, rounds: int, burst: int, size: int, timeout_ms: int = 60_000) -> dict[str, Any]:
        """Let the server publish bursts, each when all clients have the previous one."""
        return await self.command("run", rounds, burst, size, timeout_ms)

    async def pump(self, count: int, window: int, text: str) -> dict[str, Any]:
        """Let each connection send commands, `window` at a time."""
        return await self.command("pump", count, window, text)

    async def close(self) -> None:
        """Close all connections with a close frame."""
        await self.command("close")

    async def abort(self) -> None:
        """Close all connections without a close frame."""
        await self.command("abort")
