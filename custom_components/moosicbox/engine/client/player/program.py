"""The headless player as a program: a connection, a player, and an mpv that is opened again when it ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import logging
from typing import Final

from yarl import URL

from ...protocol.client import StreamRequest
from ...protocol.server import Prepare, SynchronizedPlayback, VolumeUpdate
from ..client import MoosicBoxClient
from ..config import base_url
from ..connection import Connected
from ..events import Events
from .deck import Deck
from .mpv import PROGRAM, Mpv, MpvError
from .player import Player

_LOGGER = logging.getLogger(__name__)

LEAD_MS: Final = 80
"""What the hub shall allow for: mpv loads what is on the same network within that."""
CAPABILITIES: Final = (
    *("pause", "seek", "volume", "mute", "audio/flac", "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg"),
    *("audio/opus", "audio/wav", "audio/x-wav", "audio/webm"),
)
REOPEN_DELAY: Final = 2.0

type Order = SynchronizedPlayback | Prepare | VolumeUpdate | Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where the sound goes. `device` is a name that mpv knows; `null` is no sound at all."""

    device: str = "auto"
    delay_ms: float = 0
    """What the sound needs behind mpv: amplifiers, Bluetooth."""
    mpv: str = PROGRAM

    def options(self) -> Sequence[str]:
        """Mpv's options for it."""
        return ("--ao=null",) if self.device == "null" else (f"--audio-device={self.device}",)


async def run_player(hub: MoosicBoxClient, output: Output) -> None:
    """Connect `hub`, and be the player that it connects as. Ends by being cancelled, or as `hub.run` does."""
    deck = Deck(Mpv(output.options(), output.mpv))
    player = Player(
        deck,
        hub.clock,
        send=hub.send,
        renew=lambda item_id: _renew(hub, item_id),
        resolve=lambda address: str(base_url(hub.config.url).join(URL(address, encoded=True))),
        delay_ms=output.delay_ms,
    )
    # Before connecting: the order that holds comes right behind the welcome.
    orders: Events[Order] = hub.events(SynchronizedPlayback, Prepare, VolumeUpdate, Connected)
    await deck.open()
    work: list[asyncio.Task[None]] = []
    try:
        work = [
            asyncio.create_task(coroutine)
            for coroutine in (
                _obey(orders, player),
                player.run(),
                _follow_clock(hub, player),
                _keep_open(deck, player),
            )
        ]
        async with hub:
            await hub.run()
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await deck.close()


async def _obey(orders: Events[Order], player: Player) -> None:
    async for event in orders:
        if isinstance(event, Connected):
            player.report()
        elif isinstance(event.topic, str) and event.topic.startswith("play:"):
            player.handle_message(event)


async def _follow_clock(hub: MoosicBoxClient, player: Player) -> None:
    while True:
        await hub.clock_updated.wait()
        hub.clock_updated.clear()
        player.clock_updated()


async def _keep_open(deck: Deck, player: Player) -> None:
    while True:
        await deck.wait_closed()
        _LOGGER.warning("mpv has ended; it is started again")
        await asyncio.sleep(REOPEN_DELAY)
        try:
            await deck.open()
        except MpvError as error:
            _LOGGER.warning("%s", error)
            continue
        player.restart()


async def _renew(hub: MoosicBoxClient, item_id: str) -> str:
    address: str = (await hub.request(StreamRequest(queue_item_id=item_id)))["stream_url"]
    return address
