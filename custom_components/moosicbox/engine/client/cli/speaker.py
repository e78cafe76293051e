"""`moosicbox player`, `pair` and `unpair`: this machine as a speaker."""

import asyncio
from collections.abc import Coroutine
import logging
import platform
import signal
from typing import Annotated, Any

import typer

from ...protocol.client import ClientInfo
from .. import credentials, pairing
from ..client import MoosicBoxClient
from ..player.devices import list_devices
from ..player.mpv import MpvError
from ..player.program import CAPABILITIES, LEAD_MS, Output, run_player
from .context import CommandFailed, command, err, discover_hub, options, out, show, find_hub

Name = Annotated[str | None, typer.Option(help="What Home Assistant calls it.", show_default="this machine's name")]


@command
async def player(
    name: Name = None,
    player_id: Annotated[str | None, typer.Option("--id", help="Its id; kept for ever after.")] = None,
    output: Annotated[
        str, typer.Option(help="Where the sound goes: `list` shows what there is, `null` is silence.")
    ] = "auto",
    delay_ms: Annotated[
        float, typer.Option(min=0, max=5000, help="What the sound needs behind this machine (Bluetooth: some 200).")
    ] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
) -> None:
    """Be a speaker until Ctrl-C. Needs mpv, and a token: `moosicbox pair` gets one.

    Home Assistant is where this machine was paired with, unless `--url` stands before the command; with a token alone
    it is looked for in the network.
    """
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(message)s")
    if output == "list":
        show(await list_devices(), "device", "description")
        return
    url, token = await find_hub()
    kept = credentials.load()
    client = ClientInfo(
        name=name or (kept.name if kept else platform.node() or "Speaker"),
        kind="player",
        player_id=player_id or (kept.player_id if kept else _id_of(platform.node())),
        capabilities=CAPABILITIES,
        lead_ms=LEAD_MS,
        output_delay_ms=delay_ms,
    )
    hub = MoosicBoxClient(url, token=token, client=client, mirror=False, subscribe=())
    err.print(f"Playing as {client.name} ({client.player_id}) for {url}; Ctrl-C ends")
    try:
        await _until_terminated(run_player(hub, Output(device=output, delay_ms=delay_ms)))
    except MpvError as error:
        raise CommandFailed(f"{error}. Is mpv installed?") from error


@command
async def pair(
    code: Annotated[str, typer.Argument(help="The code that Home Assistant shows, or what its QR code says.")],
    name: Name = None,
) -> None:
    """Get a token for this machine. In Home Assistant: *Settings, Devices & services, MoosicBox, Add player*.

    Home Assistant is looked for in the network, unless `--url` stands before the command or in the QR code.
    """
    short, told = pairing.parse_code(code)
    url = options.url or told or await discover_hub()
    kept = credentials.load()
    paired = await pairing.pair(
        url,
        short,
        name=name or platform.node() or "Speaker",
        player_id=kept.player_id if kept else credentials.new_player_id(),
    )
    path = credentials.save(paired)
    out.print(f"Paired with {paired.url} as {paired.name}. The token is in {path}. Now: moosicbox player")


@command
async def unpair() -> None:
    """Forget this machine's token. Home Assistant revokes it when the player is deleted there."""
    credentials.delete()


def _id_of(name: str) -> str:
    return (
        "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())[:64] or "speaker"
    )


async def _until_terminated(work: Coroutine[Any, Any, None]) -> None:
    """A service manager's SIGTERM is no fault: end in order."""
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    playing, waiting = asyncio.create_task(work), asyncio.create_task(terminated.wait())
    try:
        await asyncio.wait({playing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            playing.result()
    finally:
        playing.cancel()
        waiting.cancel()
        await asyncio.gather(playing, waiting, return_exceptions=True)
