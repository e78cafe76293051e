"""A Home Assistant for benchmarks, and an administrator's client of its hub."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
import tempfile
from typing import NamedTuple

from custom_components.moosicbox.engine.client import MoosicBoxClient
from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port


class RunningHome(NamedTuple):
    """A running Home Assistant with the integration."""

    folder: Path
    """The configuration folder, which is deleted at the end."""
    port: int
    client: HomeAssistantClient
    hub: MoosicBoxClient
    token: str
    media: Path
    pid: int
    entry_id: str
    """The id of the integration's config entry."""
    process: HomeAssistantProcess


@asynccontextmanager
async def running_home(
    write_music: Callable[[Path], Awaitable[object]],
    *,
    log_level: str = "info",
    variables: Mapping[str, str] | None = None,
) -> AsyncGenerator[RunningHome]:
    """Start a Home Assistant, and stop it afterwards.

    Args:
        write_music: Writes the music into a folder.
        log_level: Of Home Assistant.
        variables: Its environment, in addition to that of this process.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = ConfigFolder(folder / "config")
        config.write(port=(port := free_port()), log_level=log_level)
        await write_music(config.media)
        process = HomeAssistantProcess(config, port, folder / "home-assistant.log", variables)
        stack.push_async_callback(process.stop)
        await process.start()
        client = await stack.enter_async_context(HomeAssistantClient(process.url))
        await client.log_in()
        await client.wait_until_running()
        entry = await client.set_up_integration()
        made = await client.ask("moosicbox.create_token", sub="benchmark", role="admin", expires_in=86_400)
        hub = await stack.enter_async_context(MoosicBoxClient(client.url, token=made["token"]))
        yield RunningHome(
            folder, port, client, hub, made["token"], config.media, process.pid, entry["entry_id"], process
        )
