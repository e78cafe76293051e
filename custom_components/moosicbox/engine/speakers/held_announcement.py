"""Announcements that a fed player mixes with its music: when they begin and end, and how long they are."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
from typing import Final, NamedTuple

from ..protocol.server import AnnouncementOrder
from ..protocol.types import PlayableTrack
from ..sync.orders import Anchor
from .renderer.audio import AudioFormat, AudioSource, Overlay
from .renderer.renderer import Renderer
from .renderer.rendering import RenderingFailed

_LOGGER = logging.getLogger(__name__)

CHECK_SECONDS: Final = 0.2
PAUSE_US: Final = 20_000_000
"""The longest time until an announcement goes on that was paused."""
MAX_SECONDS: Final = 120.0
"""An announcement is cut off after this time."""


class SpokenAnnouncement(NamedTuple):
    """An announcement that is to be mixed.

    Attributes:
        source: Its audio.
        track: Describes it, for a display.
        at_us: The hub time at which it begins.
        seconds: Its length.
        ducking_db: By how much the music is lowered.
    """

    source: AudioSource
    track: PlayableTrack
    at_us: float
    seconds: float
    ducking_db: float

    @property
    def end_us(self) -> float:
        """The hub time of its end."""
        return self.at_us + self.seconds * 1e6


class HeldAnnouncement:
    """The announcement of a player, if there is one.

    Attributes:
        spoken: The announcement that is, or will be, heard; `None` if there is none.
        ended_id: The last announcement that has ended, or couldn't be played.
    """

    def __init__(
        self,
        name: str,
        renderer: Renderer,
        audio_format: AudioFormat,
        now_us: Callable[[], int],
        *,
        mix: Callable[[], Awaitable[None]],
        on_ended: Callable[[], None],
    ) -> None:
        """Create a holder without an announcement.

        Args:
            name: The player's name, for the log.
            renderer: Provides the audio.
            audio_format: The format that the speaker accepts.
            now_us: Returns the hub's time.
            mix: Begins to mix `spoken` with what is sent from now on, or to send the music alone; may change `spoken`.
            on_ended: Called when an announcement has ended.
        """
        self.spoken: SpokenAnnouncement | None = None
        self.ended_id: str | None = None
        self._name = name
        self._renderer = renderer
        self._audio_format = audio_format
        self._now_us = now_us
        self._mix = mix
        self._on_ended = on_ended
        self._id: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._mixing: asyncio.Task[None] | None = None
        """Mixes the announcement with the music; there is one such task at a time."""
        self._was_mixed = False

    def handle(self, order: AnnouncementOrder) -> None:
        """Make an announcement, which ends the one before."""
        announcement_id, track = order.announcement_id, order.track
        if announcement_id == self._id or (announcement_id is not None and announcement_id == self.ended_id):
            return
        self._cancel()
        had_one, self.spoken, self._id = self.spoken is not None, None, announcement_id
        if announcement_id is not None and track is not None:
            source = AudioSource(announcement_id, track.stream_url)
            self._task = asyncio.create_task(self._make(source, track, order), name="moosicbox announcement")
        elif had_one:
            self.mix_again()

    def overlay(self, anchor: Anchor) -> Overlay | None:
        """Return what is mixed with an item of this timeline; `None` if nothing is."""
        spoken = self.spoken
        if spoken is None or spoken.end_us <= self._now_us():
            return None
        begins = anchor.position + (spoken.at_us - anchor.at_us) / 1e6
        return Overlay(
            source=spoken.source, begins=round(begins, 6), seconds=spoken.seconds, ducking_db=spoken.ducking_db
        )

    def is_heard_at(self, hub_us: float) -> bool:
        """Return whether the announcement isn't over at a hub time."""
        return self.spoken is not None and self.spoken.end_us > hub_us

    def mix_again(self) -> None:
        """Mix the announcement with music that has begun without it; an attempt that still runs is given up."""
        if self._mixing is not None and self._mixing is not asyncio.current_task():
            self._mixing.cancel()
        self._mixing = asyncio.create_task(self._ensure_mixed(), name="moosicbox announcement")

    def pause(self) -> tuple[SpokenAnnouncement, float] | None:
        """Return the announcement if it isn't over, and how many seconds of it were heard; it goes on by `resume`."""
        now_us = self._now_us()
        if (spoken := self.spoken) is None or spoken.end_us <= now_us:
            return None
        heard = max(0.0, (now_us - spoken.at_us) / 1e6)
        self.resume(max(spoken.at_us, now_us + PAUSE_US), heard)
        return spoken, heard

    def resume(self, at_us: float, heard: float) -> None:
        """Go on at a hub time, `heard` seconds after the beginning."""
        if self.spoken is not None:
            self.spoken = self.spoken._replace(at_us=at_us - heard * 1e6)

    async def close(self) -> None:
        """Release everything."""
        await asyncio.gather(*self._cancel(), return_exceptions=True)

    def _cancel(self) -> list[asyncio.Task[None]]:
        tasks = [task for task in (self._task, self._mixing) if task is not None]
        self._task = self._mixing = None
        for task in tasks:
            task.cancel()
        return tasks

    async def _make(self, source: AudioSource, track: PlayableTrack, order: AnnouncementOrder) -> None:
        try:
            seconds = await self._length(source)
            self.spoken = SpokenAnnouncement(
                source, track, max(order.sync_time_us, self._now_us()), seconds, order.ducking_db
            )
            self._was_mixed = False
            self.mix_again()
            # The end moves if the announcement goes on without music.
            while (left := (self.spoken.end_us - self._now_us()) / 1e6) > 0:  # noqa: ASYNC110
                await asyncio.sleep(min(left, CHECK_SECONDS))
        except RenderingFailed as error:
            _LOGGER.warning("%s can't play an announcement: %s", self._name, error)
        self._note_end(source.item_id)

    async def _ensure_mixed(self) -> None:
        try:
            await self._mix()
            self._was_mixed = True
        except RenderingFailed as error:
            if self._was_mixed or self._task is None or self._id is None:
                _LOGGER.debug("An announcement is heard to its end: %s", error)
                return
            _LOGGER.warning("%s can't play an announcement: %s", self._name, error)
            self._task.cancel()
            self._note_end(self._id)

    def _note_end(self, announcement_id: str) -> None:
        self.spoken, self.ended_id = None, announcement_id
        self._on_ended()

    async def _length(self, source: AudioSource) -> float:
        """Return an announcement's length in seconds. Raise RenderingFailed."""
        reader = self._renderer.open(source, 0.0, self._audio_format)
        try:
            header = await reader.header()
            while (chunk := await reader.next()) is not None:
                if chunk.end > MAX_SECONDS * header.rate:
                    return MAX_SECONDS
            return reader.duration or 0.0
        finally:
            reader.close()
