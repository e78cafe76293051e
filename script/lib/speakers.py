"""Unmodified speakers as processes: Sendspin's reference player and snapclient, and a silent PulseAudio for them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import sys
from typing import Final

from .process import is_free

TIMEOUT: Final = 60.0


class SpeakerPrograms:
    """The programs, which play into a PulseAudio server."""

    def __init__(self, folder: Path, server: str) -> None:
        """Keep settings and logs in `folder`; `server` is PulseAudio's address."""
        self._folder = folder
        self._asound = folder / "asound.conf"
        self._environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": server,
            "ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{self._asound}",
        }

    def prepare(self) -> None:
        """Write the settings by which programs that know only ALSA reach the server."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._asound.write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")

    @asynccontextmanager
    async def sendspin(
        self, name: str, port: int, sink: str | None = None
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a Sendspin player that can be used without pairing, yield it when it listens on a port, and end it.

        Args:
            name: The name that it tells servers.
            port: The port that it listens on.
            sink: The output that it plays into; the default one if it is `None`.
        """
        command = (
            *(Path(sys.executable).with_name("sendspin"), "daemon", "--name", name, "--port", str(port)),
            *("--unpaired-access", "true", "--disable-mpris", "--settings-dir", self._folder / f"sendspin-{name}"),
            *("--hardware-volume", "false"),
        )
        async with self._process("sendspin", sink, *command) as process, asyncio.timeout(TIMEOUT) as starting:
            while is_free(port):  # noqa: ASYNC110 - the program tells nothing else
                await asyncio.sleep(0.1)
            starting.reschedule(None)
            yield process

    @asynccontextmanager
    async def snapclient(
        self, host_id: str, port: int, sink: str | None = None
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        """Run a Snapcast client of a server on this machine, and end it.

        Args:
            host_id: Its id.
            port: The server's port.
            sink: The output that it plays into; the default one if it is `None`.
        """
        command = (
            *("snapclient", "--host", "127.0.0.1", "--port", str(port)),
            *("--hostID", host_id, "--player", "pulse"),
        )
        async with self._process("snapclient", sink, *command) as process:
            yield process

    @asynccontextmanager
    async def _process(
        self, name: str, sink: str | None, *command: str | Path
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        environment = self._environment | ({} if sink is None else {"PULSE_SINK": sink})
        with (self._folder / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


class SilentSound(SpeakerPrograms):
    """The programs, and a PulseAudio server with a null sink, which paces them."""

    def __init__(self, folder: Path) -> None:
        """Keep settings, sockets and logs in `folder`."""
        self._socket = folder / "pulse.socket"
        super().__init__(folder, f"unix:{self._socket}")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run the server, and end it."""
        self.prepare()
        command = (
            *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"),
            *("-L", "module-null-sink", "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"),
        )
        async with self._process("pulseaudio", None, *command):
            async with asyncio.timeout(TIMEOUT):
                while not self._socket.exists():  # noqa: ASYNC110 - the program tells nothing else
                    await asyncio.sleep(0.05)
            yield
