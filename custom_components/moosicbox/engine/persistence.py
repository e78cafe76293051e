"""Saves and restores what survives a restart: players, rooms, invites and the household."""

from collections.abc import Callable, Iterator
import logging
from typing import Final

import msgspec

from .clock import Clock
from .household.household import Household
from .limits import SharedLimits
from .playback.events import PlaybackEvent
from .playback.media_resolver import MediaResolver
from .playback.player import PlaybackContext
from .playback.players import Players
from .playback.saved_state import restore_player
from .rooms.attendance import Attendance
from .rooms.invites import Invites
from .rooms.rooms import Rooms
from .rooms.saved_state import restore_room
from .store import StateStore, capture_state, decode_state, encode_positions
from .timers import Timer, Timers

_LOGGER = logging.getLogger(__name__)

POSITIONS_INTERVAL_US: Final = 8_000_000
"""Interval at which playback positions are saved. A crash loses at most this much, plus the time that writing takes."""


class Persistence:
    """Keeps a hub's state in a store, from `start` to `stop`."""

    def __init__(
        self,
        *,
        store: StateStore,
        players: Players,
        rooms: Rooms,
        invites: Invites,
        household: Household,
        attendance: Attendance,
        media_resolver: MediaResolver,
        timers: Timers,
        clock: Clock,
        limits: SharedLimits,
    ) -> None:
        self.store = store
        self._players = players
        self._rooms = rooms
        self._invites = invites
        self._household = household
        self._attendance = attendance
        self._media_resolver = media_resolver
        self._timers = timers
        self._clock = clock
        self._limits = limits
        self._running = False
        self._sequence = 0
        self._positions_timer: Timer | None = None

    async def load(self, *, restored: bool) -> None:
        """Load the state, unless another hub's was `restored` already."""
        if not restored:
            await self._load()
        for context in (*self._players, *self._rooms):
            for item in context.playback.queue.items:
                self._media_resolver.media.remember(item.track)

    def start(self) -> None:
        """Save changes from now on."""
        self._running = True
        self._watch_positions()

    def stop(self) -> None:
        """Save the state a last time; later changes aren't saved."""
        if self._running:
            self._running = False
            encode = self._capture()
            self.store.save_soon(lambda: encode)

    def save(self) -> None:
        """Save the state soon."""
        if self._running:
            self.store.save_soon(self._capture)

    def save_playback(self, context: PlaybackContext, _event: PlaybackEvent) -> None:
        """Save the state soon, and while a player or room plays, the positions from time to time."""
        self.save()
        if self._running and self._positions_timer is None and context.playback.timeline.playing:
            self._start_timer()

    # ------------------------------------------------------------ positions

    def _watch_positions(self) -> None:
        if self._positions_timer is None and next(self._playing(), None) is not None:
            self._start_timer()

    def _start_timer(self) -> None:
        self._positions_timer = self._timers.at(self._clock.now_us() + POSITIONS_INTERVAL_US, self._save_positions)

    def _save_positions(self) -> None:
        self._positions_timer = None
        if self._running and (playing := list(self._playing())):
            now_us, now = self._clock.now_us(), self._clock.utc().timestamp()
            self.store.save_positions(encode_positions(playing, sequence=self._sequence, now_us=now_us, now=now))
        self._watch_positions()

    def _playing(self) -> Iterator[PlaybackContext]:
        contexts: tuple[PlaybackContext, ...] = (*self._players, *self._rooms)
        return (context for context in contexts if context.playback.timeline.playing)

    # ------------------------------------------------------------ state

    async def _load(self) -> None:
        if (stored := await self.store.load()) is None:
            return
        now_us, now, limits = self._clock.now_us(), self._clock.utc().timestamp(), self._limits.current
        rejoin_us = int(limits.rejoin_seconds * 1e6)
        try:
            state = decode_state(stored, await self.store.load_positions(), now_us=now_us, now=now, rejoin_us=rejoin_us)
        except msgspec.ValidationError as error:
            aside = await self.store.set_aside(stored)
            _LOGGER.error("The stored state can't be read; it was kept as %s: %s", aside, error)  # noqa: TRY400
            return
        self._sequence = state.sequence
        for saved_player in state.players:
            if self._players.find(saved_player.player_id) is None:
                player = self._players.add(saved_player.player_id, saved_player.name, saved_player.owner_user_id)
                restore_player(player, saved_player)
        for saved_room in state.rooms if limits.rooms else ():
            if self._rooms.find(saved_room.room_id) is None:
                room = self._rooms.add(saved_room.settings, saved_room.room_id, is_group=saved_room.is_group)
                restore_room(room, saved_room, self._players.find)
        self._household.restore(state.household)
        self._invites.open = {**state.invites, **self._invites.open}
        self._timers.at(now_us + rejoin_us, self._attendance.forget_absent_guests)

    def _capture(self) -> Callable[[], bytes]:
        self._sequence += 1
        return capture_state(
            self._players,
            self._rooms,
            self._invites.open,
            self._household.capture(),
            sequence=self._sequence,
            now_us=self._clock.now_us(),
            now=self._clock.utc().timestamp(),
        )
