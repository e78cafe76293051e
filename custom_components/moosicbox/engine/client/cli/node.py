"""`moosicbox node`: runs a hub of a cluster on this machine."""

import asyncio
from importlib.metadata import PackageNotFoundError, version
import logging
import os
from pathlib import Path
from typing import Annotated

import typer

from ...node.config import ConfigError, load_config
from .context import USAGE, CommandFailed, command


@command
async def node(
    config: Annotated[
        Path | None, typer.Option(envvar="MOOSICBOX_NODE_CONFIG", help="A TOML file with settings.")
    ] = None,
    redis: Annotated[
        str | None,
        typer.Option(help="The address of Redis. One with a password belongs into WS_REDIS_URL or the file."),
    ] = None,
    node_id: Annotated[
        str | None, typer.Option(help="This node's name in the cluster.", show_default="this machine's name")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.", show_default="all")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.", show_default="8080")] = None,
    music: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of Home Assistant's music, to serve it from this node; repeatable."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="The folder for the index of the music.", show_default="/var/lib/moosicbox")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Run a hub beside Home Assistant until Ctrl-C. Clients can connect to either; both need the same Redis."""
    from ...node.node import StartFailed, serve  # noqa: PLC0415 - imports a whole hub, which no other command needs

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    if verbose:
        logging.getLogger(__name__.partition(".client")[0]).setLevel(logging.DEBUG)
    given = {
        "redis_url": redis,
        "node_id": node_id,
        "host": host,
        "port": port,
        "library_folders": [str(folder.absolute()) for folder in music] if music else None,
        "data": str(data) if data else None,
    }
    try:
        settings = await asyncio.to_thread(load_config, given, os.environ, config)
    except ConfigError as error:
        raise CommandFailed(str(error), USAGE) from error
    try:
        await serve(settings, _version())
    except StartFailed as error:
        raise CommandFailed(str(error)) from error


def _version() -> str:
    try:
        return version("moosicbox")
    except PackageNotFoundError:
        return "unpacked"
