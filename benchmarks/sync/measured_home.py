"""A Home Assistant whose music are rulers, and an administrator's client."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
import tempfile
from typing import Final, NamedTuple

from custom_components.moosicbox.engine.client import MoosicBoxClient
from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port

from .ruler import write_rulers

TRACKS: Final = 4


class MeasuredHome(NamedTuple):
    """A running Home Assistant."""

    folder: Path
    client: HomeAssistantClient
    hub: MoosicBoxClient
    token: str
    pid: int
    entry_id: str

    def ruler(self, track: int) -> Path:
        """Return the file of a track."""
        return ConfigFolder(self.folder / "config").media / f"ruler-{track}.flac"


@asynccontextmanager
async def measured_home(variables: Mapping[str, str] | None = None) -> AsyncGenerator[MeasuredHome]:
    """Start a Home Assistant with these environment variables, and stop it afterwards."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = ConfigFolder(folder / "config")
        config.write(port=(port := free_port()))
        process = HomeAssistantProcess(config, port, folder / "home-assistant.log", variables)
        stack.push_async_callback(process.stop)
        await process.start()
        client = await stack.enter_async_context(HomeAssistantClient(process.url))
        await client.log_in()
        await client.wait_until_running()
        entry = await client.set_up_integration()
        await write_rulers(config.media, TRACKS)
        made = await client.ask("moosicbox.create_token", sub="benchmark", role="admin", expires_in=86_400)
        hub = await stack.enter_async_context(MoosicBoxClient(client.url, token=made["token"]))
        yield MeasuredHome(folder, client, hub, made["token"], process.pid, entry["entry_id"])
