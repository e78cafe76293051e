"""The command line, as a user has it in a terminal."""

import asyncio
from collections.abc import Sequence
import json
import os
from pathlib import Path
import signal
from typing import Any

from script.lib.command_line import COMMAND_LINE, engine_path

PATIENCE = 60


class Shell:
    """A user of the command line, with a configuration folder of its own. `program` is one that was installed."""

    def __init__(self, config: Path, program: Sequence[str | Path] = (), **environment: str) -> None:
        self.config = config
        self.program = program or COMMAND_LINE
        self._environment = {**os.environ, "MOOSICBOX_CONFIG": str(config), **environment}
        if not program:
            self._environment["PYTHONPATH"] = engine_path(config)

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        # Tests that a shell script started in the background ignore Ctrl-C, and so would what they start.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return await asyncio.create_subprocess_exec(
            *self.program,
            *arguments,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, output, complaints."""
        process = await self.start(*arguments)
        try:
            async with asyncio.timeout(PATIENCE):
                out, err = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def json(self, *arguments: str) -> Any:
        code, out, err = await self.run("--json", *arguments)
        assert (code, err) == (0, "")
        return json.loads(out)
