"""Sendspin and Snapcast speakers: how far apart their sound is, how soon it begins, and what feeding them costs."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
import os
from typing import Final

from playwright.async_api import async_playwright

from benchmarks.home import RunningHome
from benchmarks.options import Options
from benchmarks.report import Row, median
from benchmarks.sync.browser_output import browser_into
from benchmarks.sync.listener import Listener, differences
from benchmarks.sync.marks import Marks
from benchmarks.sync.measured_home import measured_home
from benchmarks.sync.party import Party, spread
from benchmarks.sync.sound_card import SoundCard, sound_card
from benchmarks.sync.speaker import speaker
from benchmarks.sync.tab import open_tab
from custom_components.moosicbox.engine.protocol.client import VolumeCommand
from script.demo_speakers import SNAPCAST_PORT, VARIABLES
from script.lib.process import StartError, free_port, is_free
from script.lib.speaker_dialogs import add_sendspin, add_snapcast
from script.lib.speakers import SpeakerPrograms

from . import sdk_clients
from .beside import costs, starts
from .example import Example, example
from .pairs import behind, lateness, pairs
from .reference_player import rows as reference_rows

SNAPCLIENTS: Final = ("snap-1", "snap-2")
DAEMONS: Final = ("send-1", "send-2")
PEERS: Final = ("peer-1", "peer-2")
OUTPUTS: Final = (*SNAPCLIENTS, *DAEMONS, *PEERS, "mpv", "browser", "marks")
MAX_SDK_SECONDS: Final = 120.0
SETTLED: Final = 30.0
"""Seconds from the beginning that aren't compared: the reference player approaches its time by 2 ms a second."""


async def measure(options: Options) -> list[Row]:
    """Measure pairs of one kind, then all kinds in one room, and the reference player beside the example server."""
    if not is_free(SNAPCAST_PORT):
        raise StartError(f"port {SNAPCAST_PORT} is in use")
    seconds = options.listening_seconds
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(measured_home(VARIABLES))
        card = await stack.enter_async_context(sound_card(home.folder, OUTPUTS))
        programs = SpeakerPrograms(home.folder, card.environment["PULSE_SERVER"])
        programs.prepare()
        snapclients = [await _snapclient(stack, home, card, programs, name) for name in SNAPCLIENTS]
        rows = [Row("load of the machine before (processes ready to run)", os.getloadavg()[0], "")]
        rows += _apart("two snapclients", await _party(home, "Snapclients", snapclients, seconds), snapclients, 1)
        daemons = [await _daemon(stack, home, card, programs, name) for name in DAEMONS]
        rows += _apart("two Sendspin players", await _party(home, "Sendspin", daemons, seconds), daemons, 1)
        peer = await _peer(stack, home, card, programs)
        marks = Marks(card, card.output(OUTPUTS.index("marks")), _listener(card, "marks"))
        rows += await starts(home, daemons, peer, marks, options.repetitions)
        rows += await pairs(home, daemons, peer, marks, options.repetitions)
        rows += await costs(home, daemons, peer, seconds)
        rows += reference_rows()
        rows += await sdk_clients.rows(home, min(seconds, MAX_SDK_SECONDS))
        rows += await _mixed(stack, home, card, snapclients[0], daemons[0], seconds)
        rows.append(Row("load of the machine after", os.getloadavg()[0], ""))
        return rows


async def _mixed(
    stack: AsyncExitStack,
    home: RunningHome,
    card: SoundCard,
    snapclient: Listener,
    daemon: Listener,
    seconds: float,
) -> list[Row]:
    mpv, browser = _listener(card, "mpv"), _listener(card, "browser")
    await stack.enter_async_context(speaker(home, card, OUTPUTS.index("mpv")))
    playwright = await stack.enter_async_context(async_playwright())
    chromium = await stack.enter_async_context(browser_into(playwright, card, OUTPUTS.index("browser")))
    browser.player_id = (await open_tab(chromium, home.client, home.hub, "browser")).player_id
    delay = round(await lateness(home, daemon, mpv) * 1e3)
    await home.hub.request(VolumeCommand(player_id=daemon.player_id, output_delay_ms=delay))
    party = await _party(home, "Mixed", [snapclient, daemon, mpv, browser], seconds)
    return [
        Row("delay number of the Sendspin player from here on, measured beside mpv", delay, "ms"),
        *_apart("Sendspin and mpv", party, [daemon, mpv], 3),
        *_apart("Sendspin and browser", party, [daemon, browser], 3),
        *_apart("snapclient and browser", party, [snapclient, browser], 5),
        *_apart("mpv and browser", party, [mpv, browser], 15),
        _behind("the Sendspin player is later than mpv", party, daemon, mpv),
        _behind("the snapclient is later than mpv", party, snapclient, mpv),
    ]


async def _party(home: RunningHome, name: str, listeners: Sequence[Listener], seconds: float) -> Party:
    party = Party(await home.hub.create_room(name), home.hub)
    for listener in listeners:
        await party.join(listener)
    await party.begin()
    await party.go_on(max(seconds, 2 * SETTLED))
    await party.end()
    return party


def _apart(what: str, party: Party, listeners: Sequence[Listener], most: float) -> list[Row]:
    moments = party.moments()
    settled = [at for at in moments if at - moments[0] >= SETTLED]
    return spread(what, differences(listeners, settled), None, most)


def _behind(what: str, party: Party, first: Listener, second: Listener) -> Row:
    """Return by how much the first one is later than the second one, which tells a constant delay."""
    return Row(f"{what}, median", median(behind(first, second, party.moments())) * 1e3, "ms")


def _listener(card: SoundCard, name: str) -> Listener:
    return card.listeners[OUTPUTS.index(name)]


async def _snapclient(
    stack: AsyncExitStack, home: RunningHome, card: SoundCard, programs: SpeakerPrograms, name: str
) -> Listener:
    listener = _listener(card, name)
    await stack.enter_async_context(programs.snapclient(name, SNAPCAST_PORT, card.output(OUTPUTS.index(name))))
    listener.player_id = (await add_snapcast(home.client, home.entry_id)).player_id
    await home.hub.player(listener.player_id).volume(1.0)
    return listener


async def _daemon(
    stack: AsyncExitStack, home: RunningHome, card: SoundCard, programs: SpeakerPrograms, name: str
) -> Listener:
    listener, port = _listener(card, name), free_port()
    await stack.enter_async_context(programs.sendspin(name, port, card.output(OUTPUTS.index(name))))
    listener.player_id = (await add_sendspin(home.client, home.entry_id, _url(port))).player_id
    await home.hub.player(listener.player_id).volume(1.0)
    return listener


async def _peer(stack: AsyncExitStack, home: RunningHome, card: SoundCard, programs: SpeakerPrograms) -> Example:
    ports = [free_port() for _ in PEERS]
    for name, port in zip(PEERS, ports, strict=True):
        await stack.enter_async_context(programs.sendspin(name, port, card.output(OUTPUTS.index(name))))
    listeners = [_listener(card, name) for name in PEERS]
    return await stack.enter_async_context(
        example(home.media / "ruler-0.flac", listeners, [_url(port) for port in ports])
    )


def _url(port: int) -> str:
    return f"ws://127.0.0.1:{port}/sendspin"
