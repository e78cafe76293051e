"""A hub in its event loop's time whose media are files, and speakers that record the audio that they are sent."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import numpy as np

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.playback.media import Accepts, Media, StreamAddress
from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import Request
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.types import PlayableTrack, Track
from custom_components.moosicbox.engine.speakers.renderer.audio import AudioFormat, AudioHeader, Chunk
from custom_components.moosicbox.engine.speakers.renderer.renderer import Renderer
from custom_components.moosicbox.engine.speakers.speakers import SpeakerInfo, Speakers
from custom_components.moosicbox.engine.transport.gateway import HubGateway
from tests.engine.fakes import FakeAuthentication, FakeStore

from . import sound
from .slow_time import LoopClock

TIMEOUT = 20.0


class Files:
    """Finds media by the names of files; `expired` addresses lead nowhere until they are renewed."""

    def __init__(self) -> None:
        self.expired: set[str] = set()
        self.tracks: dict[str, dict[str, float]] = {}
        """Fields of tracks, by the names of their files."""

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        track = Track(track_id=media_content_id, title=media_content_id, media_content_id=media_content_id)
        track = msgspec.structs.replace(track, **self.tracks.get(media_content_id, {}))
        self.expired.discard(media_content_id)
        return Media(track=track, source=f"/{media_content_id}")

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        return [await self.resolve(track_id, principal) for track_id in track_ids]

    def require_fetchable(self, url: str) -> None:
        """Do nothing: every URL may be fetched."""

    def remember(self, track: Track) -> None:
        """Do nothing: every track is known."""

    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        gone = media.track.media_content_id in self.expired
        return StreamAddress("/gone" if gone else media.source)


class Sent(NamedTuple):
    """A chunk that was sent, and what it is part of."""

    chunk: Chunk
    play_at_us: int
    duration_us: int
    header: AudioHeader


@dataclass
class RecordingDriver:
    """A speaker that records the audio that it was sent and hasn't dropped."""

    now_us: Callable[[], int]
    audio_format: AudioFormat = field(default_factory=lambda: AudioFormat(codec="pcm", rates=(sound.RATE,)))
    lead_us: int = 100_000
    late_us: int = 20_000
    ahead_us: int = 1_000_000
    free_us: int = 0
    volume: tuple[float, bool] | None = None
    sent: list[Sent] = field(default_factory=list)
    volumes: list[tuple[float, bool]] = field(default_factory=list)
    shown: list[tuple[str | None, bool]] = field(default_factory=list)
    header: AudioHeader | None = None
    ended: int = 0

    def begin(self, header: AudioHeader) -> None:
        self.header = header

    def send(self, chunk: Chunk, play_at_us: int, duration_us: int) -> None:
        assert self.header is not None
        assert play_at_us > self.now_us(), "too late to be heard"
        self.sent.append(Sent(chunk, play_at_us, duration_us, self.header))

    def clear(self) -> None:
        self.sent = [sent for sent in self.sent if sent.play_at_us <= self.now_us()]

    def end(self) -> None:
        self.ended += 1
        self.clear()

    def set_volume(self, volume: float, *, muted: bool) -> None:
        self.volumes.append((volume, muted))

    def show(self, track: PlayableTrack | None, position: float, at_us: int, *, speed: float) -> None:
        self.shown.append((None if track is None else track.title, speed > 0))

    @property
    def is_heard(self) -> bool:
        """True if something has been heard to its end."""
        return any(sent.play_at_us + sent.duration_us < self.now_us() for sent in self.sent)

    @property
    def samples(self) -> sound.Samples:
        """All that was sent, one after the other."""
        assert self.header is not None
        return sound.decode(self.header, [sent.chunk for sent in self.sent])

    def heard_us(self, sample: int) -> float:
        """Return the time at which a sample of all that was sent is heard."""
        for sent in self.sent:
            if sample < sent.chunk.samples:
                return sent.play_at_us + sample / sent.header.rate * 1e6
            sample -= sent.chunk.samples
        raise ValueError("So much wasn't sent")

    @property
    def gaps_us(self) -> list[int]:
        """The time between the end of each chunk and the begin of the next one."""
        return [other.play_at_us - one.play_at_us - one.duration_us for one, other in pairwise(self.sent)]


@dataclass
class Stage:
    """The hub, its speakers, and how to speak to them."""

    hub: Hub
    speakers: Speakers
    renderer: Renderer
    files: Files
    store: FakeStore

    async def add(self, name: str, driver: RecordingDriver | None = None) -> RecordingDriver:
        """Return the driver of a speaker that has been added and is connected."""
        driver = driver or self.driver()
        info = SpeakerInfo(player_id=name, kind="snapcast", name=name)
        self.speakers.set_added({**self.speakers._names, name: name})
        assert self.speakers.accept(info, driver, "192.0.2.1")
        await self.until(lambda: (player := self.hub.players.find(name)) is not None and player.connected)
        return driver

    def driver(self, lead_us: int = 100_000) -> RecordingDriver:
        return RecordingDriver(self.hub.clock.now_us, lead_us=lead_us)

    def player(self, name: str) -> Player:
        return self.hub.players.get(name)

    async def do(self, message: Request) -> object:
        return await self.hub.execute(message)

    def reported(self, name: str, **facts: object) -> bool:
        """Return whether the player's last report has these values."""
        report = self.player(name).report
        return report is not None and all(getattr(report, key) == value for key, value in facts.items())

    def finished(self, name: str) -> bool:
        """Return whether all that the player had to play has been played or passed over."""
        playback = self.player(name).active_playback
        return playback.timeline.state == "idle" and all(
            item.state in ("played", "skipped") for item in playback.queue.items
        )

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds."""
        async with asyncio.timeout(TIMEOUT):
            while not condition():  # noqa: ASYNC110 - the hub has no event for each of them
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running_stage(renderer: Renderer, kept: dict[str, Any] | None = None) -> AsyncGenerator[Stage]:
    """A running hub without speakers, with the state that was kept of another one."""
    files, store = Files(), FakeStore(kept)
    hub = build_hub(
        version="test",
        media=files,
        authentication=FakeAuthentication(),
        store=store,
        limits=Limits(),
        clock=LoopClock(asyncio.get_running_loop()),
    )
    await hub.start()
    speakers = Speakers(HubGateway(hub), renderer)
    try:
        yield Stage(hub, speakers, renderer, files, store)
    finally:
        await speakers.close()
        await hub.stop(CloseCode.RESTART, "end of the test")


def same(one: sound.Samples, other: sound.Samples) -> bool:
    return bool(np.array_equal(one, other))
