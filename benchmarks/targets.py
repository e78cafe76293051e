"""The servers of a benchmark: each a process on the same core, all alive at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import subprocess
import sys
import tempfile
from typing import Any

from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port

from .load import Load
from .process import SERVER_CORE, Cpu, cpu, memory, pinned

HERE = Path(__file__).parent
COMPONENT = "moosicbox_benchmark"
BARE_PATH = "/api/moosicbox_benchmark/bare"
PLAYER_ID = "benchmark"
CALM = 0.02
"""The part of a second that a server without work uses of a processor."""

# No recorder: it would write every event and state, those of the peer included.
CONFIGURATION = """\
homeassistant:
  name: Benchmark
logger:
  default: warning
  logs:
    homeassistant.bootstrap: info
{component}:
  hub: {hub}
  api: {api}
  bare: {bare}
"""

HUB, C, LOOP, API, SOCKETIO = "MoosicBox", "C epoll", "aiohttp loop", "Home Assistant API", "python-socketio"
BARE = "bare view"


@dataclass
class Target:
    """A server: its address and the first messages of its clients."""

    name: str
    pid: int
    port: int
    path: str
    control: Path
    program: Path
    texts: tuple[str, ...] = ()
    token: str = ""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def player(self) -> str:
        """Return the first message of a player, which follows its own topics only."""
        return authenticate(self.token, (), kind="player", player_id=PLAYER_ID)

    def load(self, *texts: str) -> Load:
        """Return a load generator for this server; `texts` replace the default first messages."""
        return Load(self.program, self.port, self.path, self.control, texts or self.texts)

    def cpu(self) -> Cpu:
        """Return the CPU time of the server's process."""
        return cpu(self.pid)

    def memory(self) -> float:
        """Return the memory of the server's process in KiB."""
        return memory(self.pid)

    async def ask(self, question: str) -> Any:
        """Return a probe's measurements since the last request; the first request only starts it."""
        reader, writer = await self._talk()
        writer.write(question.encode() + b"\n")
        return json.loads(await reader.readline())

    async def _talk(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self.control)
        return self._streams

    async def collect(self) -> None:
        """Collect garbage, so that no case has to pay by chance for the garbage of the others."""
        if self.name != C:
            await self.ask("collect")

    async def hush(self) -> None:
        """Stop the probes."""
        _, writer = await self._talk()
        writer.close()
        await writer.wait_closed()
        self._streams = None


def build(folder: Path) -> None:
    """Compile the C programs."""
    for name in ("load", "peer"):
        subprocess.run(["gcc", "-O2", "-Wall", "-o", folder / name, HERE / f"{name}.c"], check=True)


@asynccontextmanager
async def targets(*names: str) -> AsyncGenerator[dict[str, Target]]:
    """Start these servers, and stop them afterwards."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        build(folder)
        started: dict[str, Target] = {}
        with pinned(SERVER_CORE):
            if {HUB, API, BARE} & {*names}:
                started |= await stack.enter_async_context(_home_assistant(folder))
            simple = {
                C: ((str(folder / "peer"),), "/", ()),
                LOOP: ((sys.executable, "-m", "benchmarks.servers.aiohttp_loop"), "/", ()),
                SOCKETIO: (
                    (sys.executable, "-m", "benchmarks.servers.socketio_emit"),
                    "/socket.io/?EIO=4&transport=websocket",
                    ("40",),
                ),
            }
            for name, (command, path, texts) in simple.items():
                if name in names:
                    port, control = free_port(), folder / f"{name.split()[0]}.sock"
                    process = await stack.enter_async_context(_process(*command, str(port), str(control)))
                    await _until_exists(control)
                    started[name] = Target(name, process.pid, port, path, control, folder / "load", texts)
        yield {name: started[name] for name in names}


@asynccontextmanager
async def _process(*command: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def _home_assistant(folder: Path) -> AsyncGenerator[dict[str, Target]]:
    port, hub, api, bare = free_port(), folder / "hub.sock", folder / "api.sock", folder / "bare.sock"
    config = ConfigFolder(folder / "config")
    config.write(port=port)
    link_component(config.path / "custom_components" / COMPONENT)
    (config.path / "configuration.yaml").write_text(
        CONFIGURATION.format(component=COMPONENT, hub=hub, api=api, bare=bare)
    )
    process = HomeAssistantProcess(config, port, folder / "home-assistant.log")
    try:
        await process.start()
        async with HomeAssistantClient(process.url) as client:
            await client.log_in()
            await client.wait_until_running()
            await client.set_up_integration()
            await client.call(f"{COMPONENT}.lift_limits")
            answer = await client.ask("moosicbox.create_token", sub="benchmark", role="user", expires_in=86_400)
            access_token = await client.create_long_lived_token("benchmark")
        await _until_calm(process.pid)
        yield {
            HUB: Target(
                *(HUB, process.pid, port, "/api/moosicbox/ws", hub, folder / "load"),
                (authenticate(answer["token"]),),
                answer["token"],
            ),
            API: Target(
                *(API, process.pid, port, "/api/websocket", api, folder / "load"),
                (
                    json.dumps({"type": "auth", "access_token": access_token}),
                    json.dumps({"id": 1, "type": "subscribe_events", "event_type": COMPONENT}),
                ),
            ),
            BARE: Target(
                *(BARE, process.pid, port, BARE_PATH, bare, folder / "load"), (authenticate(answer["token"]),)
            ),
        }
    finally:
        await process.stop()


def authenticate(token: str, topics: tuple[str, ...] = ("all",), **client: Any) -> str:
    """Return the first message of a client of the hub."""
    who = {"name": "Benchmark", "kind": "controller", **client}
    return json.dumps({"type": "authenticate", "token": token, "client": who, "subscribe": list(topics)})


def link_component(path: Path, module: str = "home_assistant") -> None:
    """Link a module of `servers` into a configuration folder, as the integration that `path` names."""
    path.mkdir(parents=True)
    (path / "__init__.py").symlink_to(HERE / "servers" / f"{module}.py")
    for name in ("bare_view.py", "control.py", "messages.py", "probes.py"):
        (path / name).symlink_to(HERE / "servers" / name)
    manifest = {"domain": path.name, "name": path.name, "version": "0", "codeowners": [], "requirements": []}
    (path / "manifest.json").write_text(json.dumps({**manifest, "after_dependencies": ["moosicbox"]}))


async def _until_calm(pid: int) -> None:
    """Wait until the work that follows a start is done, for a minute at most."""
    for _ in range(60):
        before = cpu(pid)
        await asyncio.sleep(1)
        if cpu(pid).since(before).total < CALM:
            return


async def _until_exists(path: Path) -> None:
    async with asyncio.timeout(20):
        while not path.exists():  # noqa: ASYNC110 - another process creates it
            await asyncio.sleep(0.05)
