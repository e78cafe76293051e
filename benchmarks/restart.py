"""Home Assistant's restart in mid-song: how soon Sendspin's reference player and a snapclient sound again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
import os
import time
from typing import Final, NamedTuple

from script.demo_speakers import SNAPCAST_PORT, VARIABLES
from script.lib.process import StartError, free_port, is_free
from script.lib.speaker_dialogs import add_sendspin, add_snapcast
from script.lib.speakers import SpeakerPrograms

from .home import RunningHome
from .options import Options
from .report import Row, median
from .sync.listener import Listener
from .sync.measured_home import measured_home
from .sync.sound_card import SoundCard, sound_card

SNAPCLIENT, DAEMON = "snapclient", "sendspin"
OUTPUTS: Final = (SNAPCLIENT, DAEMON)
RESTARTS: Final = 3
PLAYS_SECONDS: Final = 8.0
"""How long both play before each restart."""
TIMEOUT: Final = 60.0
POLL: Final = 0.02
RESPAWN_SECONDS: Final = 0.5
"""snapclient 0.26 ends with a fault when its server disappears; as a service it is started again after this time."""


class Restart(NamedTuple):
    """Seconds that a restart took."""

    web: float
    """From the start of Home Assistant's process until its web server answered."""
    loaded: float
    """From the web server's answer until all integrations were loaded."""
    sounds: dict[str, float]
    """From the web server's answer until each player sounded."""


async def measure(_options: Options) -> list[Row]:
    """Measure some restarts while a Sendspin player and a snapclient each play alone."""
    if not is_free(SNAPCAST_PORT):
        raise StartError(f"port {SNAPCAST_PORT} is in use")
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(measured_home(VARIABLES))
        card = await stack.enter_async_context(sound_card(home.folder, OUTPUTS))
        programs = SpeakerPrograms(home.folder, card.environment["PULSE_SERVER"])
        programs.prepare()
        await stack.enter_async_context(_lasting_snapclient(programs, card))
        added = {SNAPCLIENT: await add_snapcast(home.client, home.entry_id)}
        port = free_port()
        await stack.enter_async_context(programs.sendspin(DAEMON, port, card.output(OUTPUTS.index(DAEMON))))
        added[DAEMON] = await add_sendspin(home.client, home.entry_id, f"ws://127.0.0.1:{port}/sendspin")
        listeners = dict(zip(OUTPUTS, card.listeners, strict=True))
        for number, name in enumerate(OUTPUTS):
            player = home.hub.player(added[name].player_id)
            await player.volume(1.0)
            await player.queue.add(media=f"media-source://media_source/local/ruler-{number}.flac")
            await player.mode(repeat="all")
            await player.play()
        load = os.getloadavg()[0]
        restarts = [await _restart(home, listeners) for _ in range(RESTARTS)]
    return [
        Row("load of the machine before (processes ready to run)", load, ""),
        Row("Home Assistant's start until its web server answers, median", median(each.web for each in restarts), "s"),
        Row("its web server until all integrations are loaded, median", median(each.loaded for each in restarts), "s"),
        *(
            row
            for name, what in ((DAEMON, "Sendspin player"), (SNAPCLIENT, "snapclient"))
            for row in _rows(what, name, restarts)
        ),
    ]


def _rows(what: str, name: str, restarts: list[Restart]) -> list[Row]:
    sounds = [each.sounds[name] for each in restarts]
    return [
        Row(f"web server to sound, {what}, median", median(sounds), "s"),
        Row(f"web server to sound, {what}, the longest", max(sounds), "s", "≤ 5"),
    ]


async def _restart(home: RunningHome, listeners: dict[str, Listener]) -> Restart:
    async with asyncio.timeout(TIMEOUT):
        while any(listener.heard(time.monotonic() - 1) is None for listener in listeners.values()):  # noqa: ASYNC110
            await asyncio.sleep(POLL)
    await asyncio.sleep(PLAYS_SECONDS)
    if code := await home.process.stop():
        raise StartError(f"Home Assistant ended with {code} while stopping")
    # Players may go on with what they have buffered.
    await asyncio.sleep(PLAYS_SECONDS)
    for listener in listeners.values():
        listener.onsets.clear()
    began = time.monotonic()
    starting = asyncio.create_task(home.process.start())
    async with asyncio.timeout(TIMEOUT):
        while not await _answers(home.port):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(POLL)
        web = time.monotonic()
        await starting
        loaded = time.monotonic()
        # The recording is read in blocks.
        while not all(listener.onsets for listener in listeners.values()):  # noqa: ASYNC110
            await asyncio.sleep(POLL)
    sounds = {name: listener.onsets[0] - web for name, listener in listeners.items()}
    return Restart(web - began, loaded - web, sounds)


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /manifest.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).startswith(b"HTTP/1.1 ")
    except OSError:
        return False
    finally:
        writer.close()


@asynccontextmanager
async def _lasting_snapclient(programs: SpeakerPrograms, card: SoundCard) -> AsyncGenerator[None]:
    """Run a snapclient as a service does: it is started again when it ends."""

    async def run() -> None:
        while True:
            async with programs.snapclient(
                SNAPCLIENT, SNAPCAST_PORT, card.output(OUTPUTS.index(SNAPCLIENT))
            ) as process:
                await process.wait()
            await asyncio.sleep(RESPAWN_SECONDS)

    task = asyncio.create_task(run(), name="snapclient")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
