"""A silent player, written from the protocol alone: it follows the hub's clock and plays nothing.

MOOSICBOX_TOKEN=… python -m script.demo_speaker http://localhost:8123
"""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
import os
import random
import time
from typing import Any

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType
import mutagen

PLAYER_ID = "demo-speaker"
SYNC_SAMPLES = 5
REPORT_SECONDS = 5.0
# Added to a wait, so that its time has certainly come afterwards.
SLACK_SECONDS = 0.001
RECONNECT_SECONDS = 5.0
MAX_STREAM_BYTES = 64 * 1024 * 1024
# From this close code on, the same credentials would be refused again.
FIRST_TERMINAL_CODE = 4500

type Message = dict[str, Any]


def now_us() -> int:
    """Return this device's own monotonic time."""
    return time.monotonic_ns() // 1000


@dataclass
class Playback:
    """The hub's last order: at the time `sync_us` of the hub's clock the position is `start`, and changes at `rate`."""

    command: str = "stop"
    item_id: str | None = None
    start: float = 0.0
    sync_us: int = 0
    rate: float = 1.0
    duration: float | None = None

    def position(self, hub_us: int) -> float:
        """Return the position at a time of the hub's clock, in seconds."""
        elapsed = max(0, hub_us - self.sync_us) / 1e6 if self.command == "play" else 0.0
        position = self.start + self.rate * elapsed
        return position if self.duration is None else min(position, self.duration)

    def state(self, hub_us: int) -> str:
        """Return the state to report at a time of the hub's clock."""
        if self.command == "play":
            return "idle" if self.position(hub_us) == self.duration else "playing"
        return "paused" if self.command == "pause" else "idle"

    def seconds_to_report(self, hub_us: int) -> float | None:
        """Return the seconds until the next report: five, or fewer before the end; `None` unless it plays."""
        if self.state(hub_us) != "playing":
            return None
        if self.duration is None:
            return REPORT_SECONDS
        return min(REPORT_SECONDS, (self.duration - self.position(hub_us)) / self.rate + SLACK_SECONDS)


class Refused(Exception):
    """The hub refused this player for good."""


class DemoSpeaker:
    """One player; `tell` is called with every message in either direction."""

    def __init__(
        self,
        url: str,
        token: str,
        tell: Callable[[str, Message], None] = lambda *_: None,
        *,
        player_id: str = PLAYER_ID,
        name: str = "Demo speaker",
    ) -> None:
        self._player_id = player_id
        self._name = name
        self._url = url
        self._token = token
        self._tell = tell
        self._clock_samples: list[tuple[int, int]] = []
        self._playback = Playback()
        self._next: Playback | None = None
        self._error = "no reason"
        """The hub's last error."""

    async def run(self) -> None:
        """Stay connected until cancelled or refused."""
        async with ClientSession(self._url) as session:
            while True:
                delay = random.uniform(0.5, RECONNECT_SECONDS)  # noqa: S311
                try:
                    async with session.ws_connect("/api/moosicbox/ws", protocols=["moosicbox.v1"]) as websocket:
                        delay = await self._talk(session, websocket) or delay
                    if (websocket.close_code or 0) >= FIRST_TERMINAL_CODE:
                        raise Refused(f"the hub closed with {websocket.close_code}: {self._error}")
                except ClientError:
                    pass
                await asyncio.sleep(delay)

    async def _talk(self, session: ClientSession, websocket: ClientWebSocketResponse) -> float | None:
        """Serve one connection; return the seconds until the player is to reconnect."""
        reconnect_after = None
        welcomed = False
        while not websocket.closed:
            try:
                # Before the welcome, anything but `authenticate` would be refused.
                frame = await websocket.receive(timeout=self._seconds_to_report() if welcomed else None)
            except TimeoutError:
                self._begin_next()
                await self._report(websocket)
                continue
            if frame.type is not WSMsgType.TEXT:
                continue
            message: Message = frame.json()
            self._tell("received", message)
            match message["type"]:
                case "hello":
                    await self._send(websocket, self._authenticate())
                case "welcome":
                    welcomed = True
                    self._clock_samples.clear()
                    await self._send(websocket, {"type": "time_sync", "t0_us": now_us()})
                case "time_sync":
                    await self._measure_clock(websocket, message)
                case "synchronized_playback":
                    self._next = await _read_command(session, message)
                    if self._begin_next():
                        await self._report(websocket)
                case "error":
                    self._error = message["message"]
                case "goodbye":
                    reconnect_after = message.get("reconnect_after")
        return reconnect_after

    def _authenticate(self) -> Message:
        capabilities = ["pause", "seek", "volume", "mute", "audio/flac", "audio/mpeg"]
        client = {"name": self._name, "kind": "player", "player_id": self._player_id, "capabilities": capabilities}
        topics = [f"play:{self._player_id}"]
        return {"type": "authenticate", "token": self._token, "client": client, "subscribe": topics}

    async def _measure_clock(self, websocket: ClientWebSocketResponse, message: Message) -> None:
        sent, received = message["t0_us"], now_us()
        round_trip = received - sent - (message["t2_us"] - message["t1_us"])
        offset = (message["t1_us"] - sent + message["t2_us"] - received) // 2
        self._clock_samples.append((round_trip, offset))
        if len(self._clock_samples) < SYNC_SAMPLES:
            await self._send(websocket, {"type": "time_sync", "t0_us": now_us()})

    def _hub_us(self) -> int:
        # The sample with the shortest round trip is the most accurate one.
        return now_us() + min(self._clock_samples, default=(0, 0))[1]

    def _seconds_to_report(self) -> float | None:
        hub_us = self._hub_us()
        if self._next is not None:
            return max(0.0, (self._next.sync_us - hub_us) / 1e6) + SLACK_SECONDS
        return self._playback.seconds_to_report(hub_us)

    def _begin_next(self) -> bool:
        """Execute the next order if its time has come; until then, the last one applies."""
        if self._next is None or (self._next.command == "play" and self._next.sync_us > self._hub_us()):
            return False
        self._playback, self._next = self._next, None
        return True

    async def _report(self, websocket: ClientWebSocketResponse) -> None:
        hub_us = self._hub_us()
        playback = self._playback
        report = {
            "type": "player_report",
            "state": playback.state(hub_us),
            "queue_item_id": playback.item_id,
            "position_seconds": playback.position(hub_us),
            "at_us": hub_us,
            "duration_seconds": playback.duration,
        }
        # `idle` with an item means that the item has ended, not that it was stopped.
        wanted = {key: value for key, value in report.items() if value is not None}
        if playback.command == "stop":
            wanted.pop("queue_item_id", None)
        await self._send(websocket, wanted)

    async def _send(self, websocket: ClientWebSocketResponse, message: Message) -> None:
        self._tell("sent", message)
        await websocket.send_json(message)


async def _read_command(session: ClientSession, message: Message) -> Playback:
    track = message.get("track") or {}
    return Playback(
        command=message["command"],
        item_id=message.get("queue_item_id"),
        start=message["start_position"],
        sync_us=message["sync_time_us"],
        rate=message["rate"],
        duration=track.get("duration") or await _stream_duration(session, track.get("stream_url") or ""),
    )


async def _stream_duration(session: ClientSession, stream_url: str) -> float | None:
    """Return the duration of a stream of the hub; `None` for other addresses, which may be endless."""
    if not stream_url.startswith("/"):
        return None
    async with session.get(stream_url) as response:
        audio = mutagen.File(BytesIO(await response.content.read(MAX_STREAM_BYTES)))
    return audio.info.length if audio else None


def main() -> None:
    """Play until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    speaker = DemoSpeaker(
        parser.parse_args().url, os.environ["MOOSICBOX_TOKEN"], lambda *said: print(*said, flush=True)
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(speaker.run())


if __name__ == "__main__":
    main()
