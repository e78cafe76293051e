"""Feeds one speaker: sends the audio of items, each chunk with the hub time at which it is to be heard."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import math
from typing import Final

from ..protocol.types import PlayableTrack
from ..sync.orders import Anchor
from .driver import SpeakerDriver
from .renderer.audio import AudioHeader, Chunk
from .renderer.rendering import ChunkReader

SEAM_US: Final = 3_000
"""An item that follows within this time of the previous one's end follows without a gap."""
BURST_SECONDS: Final = 0.2
"""Audio is sent in bursts of this length, which costs less than sending each chunk on its own."""
BURST_US: Final = round(BURST_SECONDS * 1e6)
LATE_MARGIN_US: Final = 30_000
"""Outside of a room, late playback resumes this long after the earliest possible time."""


@dataclass(slots=True, eq=False)
class Segment:
    """An item, from some position on, on the timeline.

    Positions are those of its audio: at another speed, the position in the item divided by the speed.
    """

    item_id: str
    track: PlayableTrack
    reader: ChunkReader
    anchor: Anchor
    in_room: bool
    """True if others play the same, so that it must be on time rather than complete."""
    cut: int | None = None
    """The sample from which on the following segment has the rest of this item, mixed with the next one."""
    fades_at: float | None = None
    """The position (seconds) at which the following item begins to be mixed in; `None` if it follows at the end."""
    is_mix: bool = False
    """True for the rest of an item, mixed with an announcement, which follows that item."""
    fading_until: float = 0.0
    """The position (seconds) up to which the end of the item before is mixed in."""

    @property
    def speed(self) -> float:
        """The speed at which the item is heard."""
        return self.reader.source.speed

    @property
    def duration(self) -> float | None:
        """The length of the item's audio in seconds: the exact one once it is known."""
        return self.reader.duration or (None if self.track.duration is None else self.track.duration / self.speed)

    @property
    def end_us(self) -> int | None:
        """The hub time of the item's end."""
        return None if (duration := self.duration) is None else self.time_of(duration)

    def time_of(self, position: float) -> int:
        """Return the hub time at which a position (seconds) is to be heard."""
        return round(self.anchor.at_us + (position - self.anchor.position) * 1e6)

    def position_at(self, hub_us: float) -> float:
        """Return the position (seconds) that is heard at a hub time."""
        return self.anchor.position_at(hub_us)


class Feed:
    """Sends segments to a speaker, one after the other.

    Attributes:
        segment: The segment that is being sent.
        following: The segment that follows it, if it is known.
        stalled: True while audio comes too late.
    """

    def __init__(
        self, driver: SpeakerDriver, now_us: Callable[[], int], first: Segment, on_change: Callable[[], None]
    ) -> None:
        """Create a feed; `run` sends.

        Args:
            driver: The speaker.
            now_us: Returns the hub's time.
            first: Where to begin.
            on_change: Called when something has changed that is reported to the hub.
        """
        self.segment = first
        self.following: Segment | None = None
        self.stalled = False
        self._limit_us: float = math.inf
        self._limit_changed = asyncio.Event()
        self._previous: Segment | None = None
        """The segment before, as long as it is still heard."""
        self._driver = driver
        self._now_us = now_us
        self._on_change = on_change
        self._header: AudioHeader | None = None
        self._followed = asyncio.Event()
        self._change: asyncio.TimerHandle | None = None
        self._sent_until_us = 0

    @property
    def audible(self) -> Segment:
        """The segment that is heard now."""
        if self._previous is not None and self._now_us() >= self.segment.anchor.at_us:
            self._previous = None
        return self._previous or self.segment

    def ends_after(self, hub_us: float, within_us: float) -> bool:
        """Return whether the last segment ends within a time after `hub_us`."""
        end_us = self.segment.end_us
        return self.following is None and end_us is not None and 0 < end_us - hub_us < within_us

    def follow(self, segment: Segment | None) -> None:
        """Set the segment that follows the one that is being sent."""
        if self.following is not None:
            self.following.reader.close()
        self.segment.cut = self.segment.fades_at = None
        self.following = segment
        self._followed.set()

    def fade_into(self, segment: Segment, cut: int, fades_at: float) -> None:
        """Set the segment that follows, whose audio begins with the rest of the current one.

        Args:
            segment: The segment that follows.
            cut: The sample of the current item from which on it is part of that audio.
            fades_at: The position (seconds) in the current item at which the other one begins.
        """
        self.follow(segment)
        self.segment.cut, self.segment.fades_at = cut, fades_at

    def limit(self, until_us: float) -> None:
        """Send no audio for this hub time or later, because another order applies from then on; infinite: send all."""
        self._limit_us = until_us
        self._limit_changed.set()

    def has_sent(self, sample: int) -> bool:
        """Return whether a sample of the current item has been sent, or is about to be."""
        return self.segment.reader.sample > sample

    def close(self) -> None:
        """Release all audio."""
        self.follow(None)
        self.segment.reader.close()
        if self._change is not None:
            self._change.cancel()

    def _report_at(self, hub_us: float) -> None:
        """Have a change reported when a segment begins to be heard."""
        if self._change is not None:
            self._change.cancel()
        wait = max(0.0, (hub_us - self._now_us()) / 1e6)
        self._change = asyncio.get_running_loop().call_later(wait, self._on_change)

    async def run(self) -> None:
        """Send until no segment follows; return when the last one has been heard. Raise RenderingFailed."""
        self._report_at(self.segment.anchor.at_us)
        while True:
            segment = self.segment
            header = await segment.reader.header()
            if header != self._header:
                self._header = header
                self._driver.begin(header)
            while (chunk := await segment.reader.next()) is not None:
                if segment.cut is not None and chunk.start >= segment.cut:
                    break
                await self._handle(segment, chunk, header.rate)
            self._on_change()  # The exact length is known now.
            if (following := await self._wait_for_following(segment)) is None:
                return
            change_us = segment.end_us if segment.fades_at is None else segment.time_of(segment.fades_at)
            if not following.in_room and change_us is not None:
                # Alone, the change needs no gap, whether the hub knew the end exactly or not.
                following.anchor = following.anchor._replace(at_us=change_us)
            self._previous, self.segment, self.following = segment, following, None
            segment.reader.close()
            self._report_at(following.anchor.at_us)

    async def _handle(self, segment: Segment, chunk: Chunk, rate: int) -> None:
        play_at_us = segment.time_of(chunk.start / rate)
        if (wait := (play_at_us - self._driver.ahead_us - self._now_us()) / 1e6) > 0:
            # A silent speaker needs its first audio as early as possible.
            await asyncio.sleep(wait + BURST_SECONDS if self._sent_until_us else wait)
        while play_at_us >= self._limit_us:
            self._limit_changed.clear()
            await self._limit_changed.wait()
        # A silent speaker that gets its first audio later than it needs it begins late, and takes long to catch up.
        need_us = self._driver.late_us if self._sent_until_us else self._driver.lead_us
        # A speaker with a small buffer can't get it as early as it wants to.
        need_us = max(self._driver.late_us, min(need_us, self._driver.ahead_us - BURST_US))
        late_us = max(self._now_us() + need_us, self._driver.free_us) - play_at_us
        if late_us > 0:
            if segment.in_room:
                self._set_stalled(stalled=self._sent_until_us > 0)
                segment.reader.skip_to(segment.position_at(play_at_us + late_us))
                return
            # Outside of a room, playback is delayed instead of skipping audio.
            play_at_us += late_us + LATE_MARGIN_US
            segment.anchor = segment.anchor._replace(at_us=segment.anchor.at_us + late_us + LATE_MARGIN_US)
            self._on_change()
            self._report_at(play_at_us)
        if play_at_us < self._sent_until_us - SEAM_US:
            return  # The previous item was longer than announced.
        self._set_stalled(stalled=False)
        end_us = segment.time_of(chunk.end / rate)
        self._driver.send(chunk, play_at_us, end_us - play_at_us)
        self._sent_until_us = end_us

    def _set_stalled(self, *, stalled: bool) -> None:
        if stalled != self.stalled:
            self.stalled = stalled
            self._on_change()

    async def _wait_for_following(self, segment: Segment) -> Segment | None:
        """Return the segment that follows, or `None` when this one has been heard and none does."""
        while self.following is None:
            self._followed.clear()
            left = ((segment.end_us or 0) - self._now_us()) / 1e6
            try:
                async with asyncio.timeout(max(0.0, left)):
                    await self._followed.wait()
            except TimeoutError:
                return None
        return self.following
