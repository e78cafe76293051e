"""A virtual sound card: PulseAudio with several outputs, all recorded together.

The players' sound is compared sample by sample, without using their clocks or reports. The card has the timing of a real
one, and reports its latency to each player.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
import os
from pathlib import Path
import time
from typing import Final

import numpy as np

from .listener import Listener, Reading
from .ruler import RATE, Samples, read

BLOCK: Final = RATE // 20
"""Frames of a block, of which the first one is read."""
START_TIMEOUT: Final = 10.0


class SoundCard:
    """The card, with a listener for each output."""

    def __init__(self, server: str, listeners: Sequence[Listener]) -> None:
        self.environment = {"PULSE_SERVER": server}
        self.listeners = listeners
        self._sounding = [False] * len(listeners)

    @staticmethod
    def output(number: int) -> str:
        """Return the name of an output."""
        return f"out-{number}"

    async def listen(self, recording: asyncio.StreamReader) -> None:
        """Read the recording until it ends."""
        size = BLOCK * len(self.listeners) * 2 * np.dtype(np.int16).itemsize
        await recording.readexactly(size)
        began = time.monotonic() - BLOCK / RATE
        frames = 0
        while True:
            block = np.frombuffer(await recording.readexactly(size), np.int16).reshape(BLOCK, -1) / 32_768
            for number, listener in enumerate(self.listeners):
                self._read(number, listener, block[:, 2 * number], block[:, 2 * number + 1], began + frames / RATE)
            frames += BLOCK

    def _read(self, number: int, listener: Listener, left: Samples, right: Samples, at: float) -> None:
        sounding = bool((right > 0.01).all())
        if self._sounding[number] and not sounding:
            listener.silences.append(at + float(np.argmin(right > 0.01)) / RATE)
        elif not self._sounding[number] and right[-1] > 0.01:
            listener.onsets.append(at + float(np.argmax(right > 0.01)) / RATE)
        self._sounding[number] = bool(right[-1] > 0.01)
        if (place := read(left, right)) is not None:
            listener.readings.append(Reading(at, *place))


@asynccontextmanager
async def sound_card(folder: Path, players: Sequence[str]) -> AsyncGenerator[SoundCard]:
    """Start a card with an output for each of these players."""
    server = f"unix:{folder}/card.socket"
    environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": server}
    channels = [f"aux{number}" for number in range(2 * len(players))]
    script = folder / "card.pa"
    script.write_text(_script(folder, channels), encoding="utf-8")
    daemon = await asyncio.create_subprocess_exec(
        *("pulseaudio", "-n", "-F", script, "--exit-idle-time=-1", "--use-pid-file=no", "--daemonize=no"),
        *("--disable-shm=yes", "--log-target=stderr"),
        env={name: value for name, value in environment.items() if name != "PULSE_SERVER"},
        stderr=(folder / "card.log").open("wb"),
    )
    recorder: Process | None = None
    try:
        async with asyncio.timeout(START_TIMEOUT):
            await _answers(folder / "card.socket")
        recorder = await asyncio.create_subprocess_exec(
            *("parec", "--raw", "--device=card.monitor", "--format=s16le", f"--rate={RATE}", "--latency-msec=50"),
            *(f"--channels={len(channels)}", f"--channel-map={','.join(channels)}"),
            env=environment,
            stdin=DEVNULL,
            stdout=PIPE,
        )
        assert recorder.stdout is not None
        card = SoundCard(server, [Listener(player) for player in players])
        async with asyncio.TaskGroup() as tasks:  # A failed recording ends the benchmark.
            listening = tasks.create_task(card.listen(recorder.stdout))
            yield card
            listening.cancel()
    finally:
        for process in (recorder, daemon):
            if process is not None and process.returncode is None:
                process.terminate()
                await process.wait()


async def _answers(socket: Path) -> None:
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(socket)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return


def _script(folder: Path, channels: Sequence[str]) -> str:
    outputs = [
        f"load-module module-remap-sink sink_name={SoundCard.output(number)} master=card remix=no channels=2 "
        f"channel_map=front-left,front-right master_channel_map={left},{right}"
        for number, (left, right) in enumerate(zip(channels[::2], channels[1::2], strict=True))
    ]
    card = f"sink_name=card format=s16le rate={RATE} channels={len(channels)} channel_map={','.join(channels)}"
    return "\n".join(
        [
            f"load-module module-null-sink {card}",
            *outputs,
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/card.socket",
        ]
    )
