"""mpv as a deck: a playlist of one item, and the item that follows it without a gap."""

import asyncio
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ...signals import Signal
from .mpv import Mpv, MpvError

OBSERVED: Final = ("paused-for-cache", "duration", "demuxer-cache-time", "seekable")
LOAD_TIMEOUT: Final = 15.0
CACHE_MARGIN: Final = 0.1
"""Seconds before the end of what is buffered of a station to which mpv doesn't go."""
END_MARGIN: Final = 0.05
"""Seconds before the end of an item from which on it has nothing to play."""
OPENED: Final = "Opening done: "
"""mpv's log line when the beginning of an address is buffered; no property reports that for the next item."""


class PositionSample(NamedTuple):
    """A measurement: the item was at `position` (seconds) at local time `at_us`."""

    position: float
    at_us: float


class LoadFailed(Exception):
    """The item can't be played from this address."""


class Deck:
    """The items in mpv's playlist, by the hub's item ids.

    Attributes:
        item_id: The item in the deck, or `None`.
        next_id: The item that follows it, or `None`.
        stalling: `True` while the playback waits for data.
        at_end: `True` once the item has ended and no item has followed it: mpv holds nothing any more.
        duration: The item's length in seconds, as soon as mpv knows it.
        cached_until: The position (seconds) up to which the item is buffered.
        ended: Emitted with the item's id at its end, if no item follows.
        failed: Emitted with the item's id and a reason when its playback fails.
        advanced: Emitted with the id of the next item when that has become the item in the deck.
        changed: Emitted when `stalling` or `duration` changed, or the next item is buffered.
    """

    def __init__(self, mpv: Mpv) -> None:
        self.item_id: str | None = None
        self.next_id: str | None = None
        self.stalling = self.at_end = False
        self.duration: float | None = None
        self.cached_until: float | None = None
        self._seekable = False
        self.ended: Signal[str] = Signal()
        self.failed: Signal[str, str] = Signal()
        self.advanced: Signal[str] = Signal()
        self.changed: Signal[()] = Signal()
        self._gain_db = self._next_gain_db = 0.0
        """The gains of the item in the deck, and of the one that follows it."""
        self._next_url = ""
        self._next_is_buffered = False
        self._mpv = mpv
        self._mpv.event.subscribe(self._handle_event)
        self._entries: dict[int, str] = {}
        """Item ids by mpv's playlist entries."""
        self._restarted = asyncio.Event()
        self._loading: asyncio.Future[None] | None = None
        self._speed = 1.0
        self._keeps_pitch = False
        self._volume: float | None = None
        """The volume that was set last (0.0 to 1.0); `None` before the first one."""
        self._muted = False
        self._begin_position = 0.0
        """The position (seconds) at which the item in the deck was loaded."""
        self._begins: float | None = None
        """The position (seconds) at which the audio of the item in the deck begins; `None` for its beginning."""

    @property
    def seekable(self) -> bool:
        """True if the item's position can be changed."""
        return self._seekable or self._begins is not None

    @property
    def ready_id(self) -> str | None:
        """The item that could sound at once: the next one if it is buffered, else the one in the deck."""
        return self.next_id if self.next_id is not None and self._next_is_buffered else self.item_id

    async def open(self) -> None:
        """Start mpv, also again after it has exited, with the volume that was set last.

        Raises:
            MpvError: It can't be started, or doesn't answer; then close the deck before it is opened again.
        """
        self._entries.clear()
        self.item_id = self.next_id = None
        self._speed = 1.0
        self._keeps_pitch = False
        await self._mpv.start()
        await self._mpv.observe(*OBSERVED)
        await self._mpv.command("request_log_messages", "v")
        await self._apply_volume()

    async def wait_closed(self) -> None:
        """Wait until mpv has exited."""
        await self._mpv.wait_closed()

    async def close(self) -> None:
        """End mpv."""
        await self._mpv.stop()

    async def load(
        self,
        item_id: str,
        url: str,
        position: float,
        gain_db: float = 0.0,
        speed: float = 1.0,
        *,
        begins: float | None = None,
    ) -> None:
        """Load an item, paused at a position. An item that ends before the position is in the deck `at_end`.

        Args:
            item_id: The hub's id of the item.
            url: Its address.
            position: In seconds.
            gain_db: The gain with which it is played.
            speed: The speed at which it is played. mpv prepares sound ahead, so that a later change is heard late.
            begins: The position at which the audio at the address begins, if it is a station that has no end.

        Raises:
            LoadFailed: The item can't be played from this address, or not in time.
        """
        self._loading = asyncio.get_running_loop().create_future()
        self._entries.clear()
        self.item_id, self.next_id = item_id, None
        self.at_end = False
        self._begin_position = position
        self.duration = self.cached_until = None
        self._begins = begins
        self._restarted.clear()
        await self._mpv.set("pause", True)
        await self.set_speed(speed, keeps_pitch=speed != 1)
        self._gain_db = gain_db
        options = {"af": _filters(gain_db)} | ({"start": f"+{position:.6f}"} if begins is None else {})
        entry = await self._mpv.command("loadfile", url=url, flags="replace", options=options)
        self._entries[entry["playlist_entry_id"]] = item_id
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                await self._loading
        except TimeoutError as error:
            raise LoadFailed("The audio was not loaded in time") from error
        except asyncio.CancelledError:
            self.item_id = None  # mpv may have loaded the item or not.
            raise

    async def set_next(self, item_id: str | None, url: str, gain_db: float = 0.0) -> None:
        """Set the item that follows the one in the deck; `None` for no item."""
        if self.next_id is not None:
            self._entries = {entry: item for entry, item in self._entries.items() if item != self.next_id}
            with suppress(MpvError):
                await self._mpv.command("playlist-remove", 1)
        self.next_id, self._next_url, self._next_is_buffered = item_id, url, False
        self._next_gain_db = gain_db
        if item_id is not None:
            entry = await self._mpv.command("loadfile", url=url, flags="append", options={"af": _filters(gain_db)})
            self._entries[entry["playlist_entry_id"]] = item_id

    async def skip_to_next(self) -> None:
        """Change over to the next item now."""
        await self._mpv.command("playlist-next", "force")

    async def play(self) -> None:
        """Unpause."""
        await self._mpv.set("pause", False)

    async def pause(self) -> None:
        """Pause."""
        await self._mpv.set("pause", True)

    async def seek(self, position: float) -> None:
        """Go to a position (seconds), and return when mpv has reached it, or the item has ended.

        A station only goes where it is buffered.
        """
        if self._begins is not None and not self._begins <= position < (self.cached_until or 0.0) - CACHE_MARGIN:
            return
        self._restarted.clear()
        await self._mpv.command("seek", position - (self._begins or 0.0), "absolute+exact")
        with suppress(TimeoutError):
            async with asyncio.timeout(LOAD_TIMEOUT):
                await self._restarted.wait()

    async def stop(self) -> None:
        """Remove all items."""
        self._entries.clear()
        self.item_id = self.next_id = None
        await self._mpv.command("stop")

    @property
    def speed(self) -> float:
        """The playback speed; 1.0 is normal."""
        return self._speed

    async def set_speed(self, speed: float, *, keeps_pitch: bool = False) -> None:
        """Set the playback speed; 1.0 is normal.

        Args:
            speed: The speed.
            keeps_pitch: True for a speed that is meant to be heard. Small corrections are better without.
        """
        if keeps_pitch != self._keeps_pitch:
            self._keeps_pitch = keeps_pitch
            await self._mpv.set("audio-pitch-correction", keeps_pitch)
        if speed != self._speed:
            self._speed = speed
            await self._mpv.set("speed", speed)

    async def set_volume(self, volume: float, *, muted: bool) -> None:
        """Set the volume (0.0 to 1.0). mpv applies a cubic scale, which matches how loudness is perceived."""
        self._volume, self._muted = volume, muted
        await self._apply_volume()

    async def set_gain(self, gain_db: float) -> None:
        """Set the gain of the item in the deck, in dB."""
        if gain_db != self._gain_db:
            self._gain_db = gain_db
            await self._mpv.set("af", _filters(gain_db))

    async def measure_position(self) -> PositionSample | None:
        """Return the position that is audible now, or `None` if mpv doesn't know it."""
        try:
            position, at_us = await self._mpv.measure("audio-pts")
        except MpvError:
            return None
        return PositionSample(position + (self._begins or 0.0), at_us) if isinstance(position, int | float) else None

    async def _apply_volume(self) -> None:
        if self._volume is not None:
            await self._mpv.set("volume", round(self._volume * 100, 2))
            await self._mpv.set("mute", self._muted)

    def _handle_event(self, event: dict[str, Any], _at_us: int) -> None:
        match event["event"]:
            case "playback-restart":
                self._position_reached()
            case "start-file":
                self._handle_file_start(self._entries.get(event["playlist_entry_id"]))
            case "end-file":
                self._handle_file_end(event)
            case "log-message":
                self._handle_log_line(event["text"])
            case "property-change":
                self._handle_property(event["name"], event.get("data"))

    def _position_reached(self) -> None:
        self._restarted.set()
        if self._loading is not None and not self._loading.done():
            self._loading.set_result(None)

    def _handle_file_start(self, item_id: str | None) -> None:
        if item_id is not None and item_id == self.next_id:
            self.item_id, self.next_id = item_id, None
            self.at_end = False
            self._begin_position = 0.0
            self._gain_db = self._next_gain_db
            self._begins = None
            self.advanced.emit(item_id)

    def _handle_log_line(self, text: str) -> None:
        if self.next_id is not None and text.strip() == OPENED + self._next_url:
            self._next_is_buffered = True
            self.changed.emit()

    def _handle_file_end(self, event: dict[str, Any]) -> None:
        if (item_id := self._entries.pop(event["playlist_entry_id"], None)) is None:
            return
        # mpv plays nothing of an item that is loaded at its end, and calls this an error.
        is_in_deck = item_id == self.item_id and self.duration is not None
        is_end = is_in_deck and self._begin_position >= (self.duration or 0.0) - END_MARGIN
        if event["reason"] == "error" and not is_end:
            text = str(event.get("file_error") or "The audio can't be played")
            if self._loading is not None and not self._loading.done():
                self._loading.set_exception(LoadFailed(text))
            else:
                self.failed.emit(item_id, text)
        elif event["reason"] in ("eof", "error") and self.next_id is None:
            self.at_end = True
            self._position_reached()
            self.ended.emit(item_id)

    def _handle_property(self, name: str, value: Any) -> None:
        match name:
            case "paused-for-cache":
                if bool(value) != self.stalling:
                    self.stalling = bool(value)
                    self.changed.emit()
            case "duration":
                self.duration = value if self._begins is None else None
                self.changed.emit()
            case "demuxer-cache-time":
                self.cached_until = None if value is None else value + (self._begins or 0.0)
            case "seekable":
                self._seekable = bool(value)


def _filters(gain_db: float) -> str:
    return f"lavfi=[volume={gain_db:.2f}dB]" if gain_db else ""
