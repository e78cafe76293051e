"""A Home Assistant that is set up once; each test starts a copy of it."""

from collections.abc import Mapping
from pathlib import Path
import shutil
from typing import NamedTuple

from script.lib.client import HomeAssistantClient
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, free_port


class Prepared(NamedTuple):
    """A configuration and its tokens."""

    folder: Path
    token: str
    """A token of Home Assistant's administrator."""
    tokens: Mapping[str, str]
    """Tokens of the hub by user."""


async def prepare(folder: Path, *names: str) -> Prepared:
    """Set the integration up without rate limits, and create tokens for `names`."""
    config = ConfigFolder(folder / "config")
    port = free_port()
    config.write(port=port)
    process = HomeAssistantProcess(config, port, folder / "home-assistant.log")
    await process.start()
    try:
        async with HomeAssistantClient(process.url) as api:
            await api.log_in()
            await api.wait_until_running()
            await api.set_options(features={"rate_limiting": False})
            # The token of a login expires soon.
            token = await api.create_long_lived_token("tests")
            tokens = {name: await _token(api, name) for name in names}
    finally:
        await process.stop()
    return Prepared(config.path, token, tokens)


async def _token(api: HomeAssistantClient, name: str) -> str:
    answer = await api.ask("moosicbox.create_token", sub=name, name=name, role="user")
    token: str = answer["token"]
    return token


def copied(prepared: Prepared, folder: Path, redis_url: str, name: str) -> HomeAssistantProcess:
    """Copy a configuration for a hub of a cluster."""
    config = ConfigFolder(folder / "config")
    shutil.copytree(prepared.folder, config.path, symlinks=True)
    port = free_port()
    config.write(port=port)
    variables = {"WS_CLUSTER_MODE": "true", "WS_REDIS_URL": redis_url, "WS_NODE_ID": name}
    return HomeAssistantProcess(config, port, folder / "home-assistant.log", variables)
