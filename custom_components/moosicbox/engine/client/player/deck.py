"""mpv as a deck: one item in it, and one behind it that follows without a gap."""

import asyncio
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ...signals import Signal
from .mpv import Mpv, MpvError

OBSERVED: Final = ("paused-for-cache", "duration", "demuxer-cache-time", "seekable")
LOAD_TIMEOUT: Final = 15.0
OPENED: Final = "Opening done: "
"""What mpv's log says when the beginning of an address is at hand; no property tells it of what comes next."""


class PositionSample(NamedTuple):
    """The item was at `position` at local time `at_us`."""

    position: float
    at_us: float


class LoadFailed(Exception):
    """The item can't be played from this address."""


class Deck:
    """What is in mpv, by the hub's ids of items."""

    def __init__(self, mpv: Mpv) -> None:
        """`mpv` is started, or will be by `open`."""
        self.item_id: str | None = None
        self.next_id: str | None = None
        self.ended: Signal[str] = Signal()
        """The item came to its end, and nothing was behind it."""
        self.failed: Signal[str, str] = Signal()
        self.advanced: Signal[str] = Signal()
        """The item behind it is the one in it now."""
        self.changed: Signal[()] = Signal()
        """It stalls, or goes on; the duration is known; or what is behind it is at hand."""
        self.stalling = False
        self.duration: float | None = None
        self.cached_until: float | None = None
        self.seekable = False
        self._next_url = ""
        self._next_is_here = False
        """Whether mpv has the beginning of what is behind it already."""
        self._mpv = mpv
        self._mpv.event.subscribe(self._happened)
        self._entries: dict[int, str] = {}
        """mpv's playlist entries → items."""
        self._restarted = asyncio.Event()
        self._loading: asyncio.Future[None] | None = None
        self._speed = 1.0

    @property
    def ready_id(self) -> str | None:
        """What could sound at once: the item behind, where it is at hand, else the one in it."""
        return self.next_id if self.next_id is not None and self._next_is_here else self.item_id

    async def open(self) -> None:
        """Start mpv; again, if it has ended."""
        self._entries.clear()
        self.item_id = self.next_id = None
        self._speed = 1.0
        await self._mpv.start()
        await self._mpv.observe(*OBSERVED)
        await self._mpv.command("request_log_messages", "v")

    async def wait_closed(self) -> None:
        """Wait until mpv has ended."""
        await self._mpv.wait_closed()

    async def close(self) -> None:
        """End mpv."""
        await self._mpv.stop()

    async def load(self, item_id: str, url: str, position: float) -> None:
        """Have the item stand still at a position; LoadFailed if it can't be played."""
        self._loading = asyncio.get_running_loop().create_future()
        self._entries.clear()
        self.item_id, self.next_id = item_id, None
        self.duration = self.cached_until = None
        self._restarted.clear()
        await self._mpv.set("pause", True)
        await self.set_speed(1.0)
        entry = await self._mpv.command("loadfile", url=url, flags="replace", options={"start": f"+{position:.6f}"})
        self._entries[entry["playlist_entry_id"]] = item_id
        try:
            async with asyncio.timeout(LOAD_TIMEOUT):
                await self._loading
        except TimeoutError as error:
            raise LoadFailed("The audio didn't come in time") from error
        except asyncio.CancelledError:
            self.item_id = None  # How far it came isn't known.
            raise

    async def set_next(self, item_id: str | None, url: str) -> None:
        """What follows the item in it; None: nothing."""
        if self.next_id is not None:
            self._entries = {entry: item for entry, item in self._entries.items() if item != self.next_id}
            with suppress(MpvError):
                await self._mpv.command("playlist-remove", 1)
        self.next_id, self._next_url, self._next_is_here = item_id, url, False
        if item_id is not None:
            entry = await self._mpv.command("loadfile", url=url, flags="append")
            self._entries[entry["playlist_entry_id"]] = item_id

    async def skip_to_next(self) -> None:
        """Go on with what is behind it, now."""
        await self._mpv.command("playlist-next", "force")

    async def play(self) -> None:
        """Sound."""
        await self._mpv.set("pause", False)

    async def pause(self) -> None:
        """Stand still."""
        await self._mpv.set("pause", True)

    async def seek(self, position: float) -> None:
        """Be at another position; returns when it is there."""
        self._restarted.clear()
        await self._mpv.command("seek", position, "absolute+exact")
        with suppress(TimeoutError):
            async with asyncio.timeout(LOAD_TIMEOUT):
                await self._restarted.wait()

    async def stop(self) -> None:
        """Be empty."""
        self._entries.clear()
        self.item_id = self.next_id = None
        await self._mpv.command("stop")

    async def set_speed(self, speed: float) -> None:
        """Play a little slower or faster."""
        if speed != self._speed:
            self._speed = speed
            await self._mpv.set("speed", speed)

    async def set_volume(self, volume: float, *, muted: bool) -> None:
        """Mpv's own scale goes with the cube, as ears like it."""
        await self._mpv.set("volume", round(volume * 100, 2))
        await self._mpv.set("mute", muted)

    async def measure_position(self) -> PositionSample | None:
        """What sounds now; None if that can't be told."""
        try:
            position, at_us = await self._mpv.measure("audio-pts")
        except MpvError:
            return None
        return PositionSample(position, at_us) if isinstance(position, int | float) else None

    def _happened(self, event: dict[str, Any], _at_us: int) -> None:
        match event["event"]:
            case "playback-restart":
                self._restarted.set()
                if self._loading is not None and not self._loading.done():
                    self._loading.set_result(None)
            case "start-file":
                self._started(self._entries.get(event["playlist_entry_id"]))
            case "end-file":
                self._file_ended(event)
            case "log-message":
                self._logged(event["text"])
            case "property-change":
                self._changed(event["name"], event.get("data"))

    def _started(self, item_id: str | None) -> None:
        if item_id is not None and item_id == self.next_id:
            self.item_id, self.next_id = item_id, None
            self.advanced.emit(item_id)

    def _logged(self, text: str) -> None:
        if self.next_id is not None and text.strip() == OPENED + self._next_url:
            self._next_is_here = True
            self.changed.emit()

    def _file_ended(self, event: dict[str, Any]) -> None:
        if (item_id := self._entries.pop(event["playlist_entry_id"], None)) is None:
            return
        if event["reason"] == "error":
            text = str(event.get("file_error") or "The audio can't be played")
            if self._loading is not None and not self._loading.done():
                self._loading.set_exception(LoadFailed(text))
            else:
                self.failed.emit(item_id, text)
        elif event["reason"] == "eof" and self.next_id is None:
            self.ended.emit(item_id)

    def _changed(self, name: str, value: Any) -> None:
        match name:
            case "paused-for-cache":
                if bool(value) != self.stalling:
                    self.stalling = bool(value)
                    self.changed.emit()
            case "duration":
                self.duration = value
                self.changed.emit()
            case "demuxer-cache-time":
                self.cached_until = value
            case "seekable":
                self.seekable = bool(value)
