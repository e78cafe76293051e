"""Unmodified speakers as processes: Sendspin's reference player and snapclient, in a silent PulseAudio of their own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import sys
from typing import Final

TIMEOUT: Final = 60.0


class SilentSound:
    """A PulseAudio server with a null sink, which paces the programs that play into it."""

    def __init__(self, folder: Path) -> None:
        """Keep settings, sockets and logs in `folder`."""
        self._folder = folder
        socket, asound = folder / "pulse.socket", folder / "asound.conf"
        self._socket, self._asound = socket, asound
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{asound}",
        }

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run the server, and end it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._asound.write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        command = (
            *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"),
            *("-L", "module-null-sink", "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"),
        )
        async with self._process("pulseaudio", *command):
            async with asyncio.timeout(TIMEOUT):
                while not self._socket.exists():  # noqa: ASYNC110 - the program tells nothing else
                    await asyncio.sleep(0.05)
            yield

    @asynccontextmanager
    async def sendspin(self, name: str, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a Sendspin player that listens on a port and can be used without pairing, and end it."""
        command = (
            *(Path(sys.executable).with_name("sendspin"), "daemon", "--name", name, "--port", str(port)),
            *("--unpaired-access", "true", "--disable-mpris"),
        )
        async with self._process("sendspin", *command) as process:
            yield process

    @asynccontextmanager
    async def snapclient(self, host_id: str, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a Snapcast client of a server on this machine, and end it."""
        command = (
            *("snapclient", "--host", "127.0.0.1", "--port", str(port)),
            *("--hostID", host_id, "--player", "pulse"),
        )
        async with self._process("snapclient", *command) as process:
            yield process

    @asynccontextmanager
    async def _process(self, name: str, *command: str | Path) -> AsyncGenerator[asyncio.subprocess.Process]:
        with (self._folder / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env=self._environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
