"""Saves and restores what survives a restart: players, rooms and invites."""

import logging

import msgspec

from .clock import Clock
from .household.household import Household
from .limits import SharedLimits
from .playback.media_resolver import MediaResolver
from .playback.playback import Playback
from .playback.players import Players
from .playback.saved_state import restore_player
from .rooms.attendance import Attendance
from .rooms.invites import Invites
from .rooms.rooms import Rooms
from .rooms.saved_state import restore_room
from .store import StateStore, decode_state, encode_state
from .timers import Timers

_LOGGER = logging.getLogger(__name__)


class Persistence:
    """Keeps a hub's state in a store, from `start` on."""

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
        self._started = False

    async def start(self, *, restored: bool) -> None:
        """Load the state, unless another hub's was `restored` already, and save changes from now on."""
        if restored:
            for context in (*self._players, *self._rooms):
                self._remember(context.playback)
        else:
            await self._load()
        self._started = True

    def save(self) -> None:
        """Save the state soon."""
        if self._started:
            self.store.save_soon(self._state)

    async def _load(self) -> None:
        if (stored := await self.store.load()) is None:
            return
        now_us, now, limits = self._clock.now_us(), self._clock.utc().timestamp(), self._limits.current
        rejoin_us = int(limits.rejoin_seconds * 1e6)
        try:
            state = decode_state(stored, now_us=now_us, now=now, rejoin_us=rejoin_us)
        except msgspec.ValidationError as error:
            _LOGGER.warning("The stored players are damaged and are not restored: %s", error)
            return
        for saved_player in state.players:
            if self._players.find(saved_player.player_id) is None:
                player = self._players.add(saved_player.player_id, saved_player.name, saved_player.owner_user_id)
                restore_player(player, saved_player)
                self._remember(player.solo_playback)
        for saved_room in state.rooms if limits.rooms else ():
            if self._rooms.find(saved_room.room_id) is None:
                room = self._rooms.add(saved_room.settings, saved_room.room_id, is_group=saved_room.is_group)
                restore_room(room, saved_room, self._players.find)
                self._remember(room.playback)
        self._household.restore(state.household)
        self._invites.open = {**state.invites, **self._invites.open}
        self._timers.at(now_us + rejoin_us, self._attendance.forget_absent_guests)

    def _remember(self, playback: Playback) -> None:
        for item in playback.queue.items:
            self._media_resolver.media.remember(item.track)

    def _state(self) -> bytes:
        return encode_state(
            self._players,
            self._rooms,
            self._invites.open,
            self._household.capture(),
            now_us=self._clock.now_us(),
            now=self._clock.utc().timestamp(),
        )
