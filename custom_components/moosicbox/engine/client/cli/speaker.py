"""`moosicbox player`, `pair` and `unpair`: makes this machine a speaker."""

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
from ..player.program import CAPABILITIES, LEAD_MS, OutputSettings, run_player
from .context import CommandFailed, command, discover_hub, err, find_hub, options, out, saved_credentials, show

Name = Annotated[
    str | None, typer.Option(help="The player's name in Home Assistant.", show_default="this machine's name")
]


@command
async def player(
    name: Name = None,
    player_id: Annotated[str | None, typer.Option("--id", help="The player's id; don't change it later.")] = None,
    output: Annotated[str, typer.Option(help="The audio output: `list` shows the outputs, `null` is silent.")] = "auto",
    delay_ms: Annotated[
        float,
        typer.Option(min=0, max=5000, help="How late the sound is after this machine, in ms (Bluetooth: about 200)."),
    ] = 0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Be a speaker until Ctrl-C. Needs mpv, and a token from `moosicbox pair`.

    Connects to the Home Assistant that this machine was paired with, or to `--url` (before the command). With a token
    and without an address, Home Assistant is searched in the network.
    """
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, format="%(levelname)s %(message)s")
    if output == "list":
        try:
            show(await list_devices(), "device", "description")
        except MpvError as error:
            raise _mpv_failed(error) from error
        return
    url, token = await find_hub()
    saved = saved_credentials()
    client = ClientInfo(
        name=name or (saved.name if saved else platform.node() or "Speaker"),
        kind="player",
        player_id=player_id or (saved.player_id if saved else _id_of(platform.node())),
        capabilities=CAPABILITIES,
        lead_ms=LEAD_MS,
        output_delay_ms=delay_ms,
    )
    hub = MoosicBoxClient(url, token=token, client=client, mirror=False, subscribe=())
    err.print(f"Playing as {client.name} ({client.player_id}) for {url}; Ctrl-C ends")
    try:
        await _until_terminated(run_player(hub, OutputSettings(device=output, delay_ms=delay_ms)))
    except MpvError as error:
        raise _mpv_failed(error) from error


@command
async def pair(
    code: Annotated[str, typer.Argument(help="The code that Home Assistant shows, or the text of its QR code.")],
    name: Name = None,
) -> None:
    """Get a token for this machine. In Home Assistant: *Settings, Devices & services, MoosicBox, Add player*.

    Home Assistant is searched in the network, unless `--url` (before the command) or the QR code names it.
    """
    short, address = pairing.parse_code(code)
    url = options.url or address or await discover_hub()
    try:
        saved = credentials.load()
    except credentials.CredentialsDamaged:
        saved = None
    paired = await pairing.pair(
        url,
        short,
        name=name or platform.node() or "Speaker",
        player_id=saved.player_id if saved else credentials.new_player_id(),
    )
    path = credentials.save(paired)
    out.print(f"Paired with {paired.url} as {paired.name}. The token is in {path}. Now: moosicbox player")


@command
async def unpair() -> None:
    """Delete this machine's token. Home Assistant revokes it when the player is deleted there."""
    credentials.delete()


def _mpv_failed(error: MpvError) -> CommandFailed:
    return CommandFailed(f"{error}. Is mpv installed?")


def _id_of(name: str) -> str:
    return (
        "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in name.lower())[:64] or "speaker"
    )


async def _until_terminated(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`, and end it in order on SIGTERM, as service managers send it."""
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
