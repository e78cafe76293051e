"""The headless player as a program: a connection, a player, and an mpv that is restarted when it exits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import logging
from typing import Final

from yarl import URL

from ...protocol.client import StreamRequest
from ...protocol.server import AlarmTone, Prepare, SynchronizedPlayback, VolumeUpdate
from ..client import MoosicBoxClient
from ..config import base_url
from ..connection_events import Connected
from ..events import Events
from .deck import Deck
from .mpv import PROGRAM, Mpv, MpvError
from .player import HeadlessPlayer
from .tone import Tone

_LOGGER = logging.getLogger(__name__)

LEAD_MS: Final = 80
"""The `lead_ms` that is declared to the hub: mpv loads a file of the same network within that time."""
CAPABILITIES: Final = (
    *(
        "pause",
        "seek",
        "volume",
        "mute",
        "tone",
        "speed",
        "audio/flac",
        "audio/mpeg",
        "audio/mp4",
        "audio/aac",
        "audio/ogg",
    ),
    *("audio/opus", "audio/wav", "audio/x-wav", "audio/webm"),
)
REOPEN_DELAY: Final = 2.0
"""Seconds before an mpv that exited is started again."""

type PlayMessage = SynchronizedPlayback | Prepare | VolumeUpdate | AlarmTone | Connected


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSettings:
    """The audio output."""

    device: str = "auto"
    """The name of an mpv device; `null` for no sound."""
    delay_ms: float = 0
    """How much later than mpv's output the sound is audible, as with an amplifier or Bluetooth."""
    mpv: str = PROGRAM
    """The executable."""

    def options(self) -> Sequence[str]:
        """Return mpv's command-line options for this output."""
        return ("--ao=null",) if self.device == "null" else (f"--audio-device={self.device}",)


async def run_player(hub: MoosicBoxClient, output: OutputSettings) -> None:
    """Connect a client and play what its hub orders, until cancelled.

    Args:
        hub: A client with `kind="player"` that isn't entered yet.
        output: The audio output.

    Raises:
        MpvError: mpv can't be started, or doesn't answer.
        HubError: The connection ended for good; see `MoosicBoxClient.run`.
    """
    deck = Deck(Mpv(output.options(), output.mpv))
    player = HeadlessPlayer(
        deck,
        hub.clock,
        send=hub.send,
        renew=lambda item_id: _renew_address(hub, item_id),
        resolve=lambda address: str(base_url(hub.config.url).join(URL(address, encoded=True))),
        delay_ms=output.delay_ms,
    )
    # Subscribed before connecting: the current order follows the welcome immediately.
    messages: Events[PlayMessage] = hub.events(SynchronizedPlayback, Prepare, VolumeUpdate, AlarmTone, Connected)
    tone = Tone(output.mpv, output.options())
    tasks: list[asyncio.Task[None]] = []
    try:
        await deck.open()
        tasks = [
            asyncio.create_task(coroutine)
            for coroutine in (
                _dispatch(messages, player, tone),
                player.run(),
                _follow_clock(hub, player),
                _restart_mpv(deck, player),
            )
        ]
        async with hub:
            await hub.run()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await tone.set(sounds=False)
        await deck.close()


async def _dispatch(messages: Events[PlayMessage], player: HeadlessPlayer, tone: Tone) -> None:
    async for message in messages:
        if isinstance(message, Connected):
            player.report()
        elif isinstance(message, AlarmTone):
            await tone.set(sounds=message.sounds)
        elif isinstance(message.topic, str) and message.topic.startswith("play:"):
            player.handle_message(message)


async def _follow_clock(hub: MoosicBoxClient, player: HeadlessPlayer) -> None:
    while True:
        await hub.clock_updated.wait()
        hub.clock_updated.clear()
        player.clock_updated()


async def _restart_mpv(deck: Deck, player: HeadlessPlayer) -> None:
    while True:
        await deck.wait_closed()
        _LOGGER.warning("mpv has exited; it is started again")
        await asyncio.sleep(REOPEN_DELAY)
        try:
            await deck.open()
        except MpvError as error:
            _LOGGER.warning("%s", error)
            await deck.close()  # An mpv that doesn't answer would not exit either.
            continue
        player.restart()


async def _renew_address(hub: MoosicBoxClient, item_id: str) -> str:
    address: str = (await hub.request(StreamRequest(queue_item_id=item_id)))["stream_url"]
    return address
