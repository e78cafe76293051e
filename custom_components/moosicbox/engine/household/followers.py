"""Follow me: music moves from player to player with the people who listen, as their presence is reported.

The player at the new place joins the room that plays the music, and the player at the old place leaves it, so that
playback doesn't restart.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import secrets
from typing import Any, Final, Literal

import msgspec

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..playback.events import PlaybackEvent, StatusChanged
from ..playback.player import PlaybackContext, Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..protocol.errors import FollowerNotFound, HubError, InvalidMessage, Sentence, Unavailable
from ..protocol.household import Follower, FollowPlace, SaveFollower
from ..rooms.grouping import Grouping
from ..rooms.room import Room
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .fades import Fades
from .follower_presence import FollowerPresence
from .rules import Rules

MAX_FOLLOWERS: Final = 20
SETTINGS: Final = tuple(name for name in Follower.__struct_fields__ if name != "follower_id")
RESTORE_DELAY_US: Final = 500_000
"""Delay after the end of playback, when a player is silent, before its volume is restored."""

type FollowEvent = Literal["joined", "left", "refused"]


@dataclass(slots=True, eq=False)
class _Following:
    settings: Follower
    presence: FollowerPresence


class Followers:
    """The followers by id: a person or the household, with the places to which their music may follow them."""

    def __init__(
        self,
        *,
        players: Players,
        rooms: Rooms,
        grouping: Grouping,
        publisher: PlaybackPublisher,
        rules: Rules,
        fades: Fades,
        timers: Timers,
        clock: Clock,
        system: Principal,
        spawn: Spawn,
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.added: Signal[Follower] = Signal()
        self.deleted: Signal[Follower] = Signal()
        self.happened: Signal[Follower, Player, FollowEvent, str] = Signal()
        """A player has joined or left the music, or was refused, with the reason."""
        self._players = players
        self._rooms = rooms
        self._grouping = grouping
        self._rules = rules
        self._fades = fades
        self._timers = timers
        self._clock = clock
        self._system = system
        self._spawn = spawn
        self._followings: dict[str, _Following] = {}
        self._states: dict[str, str | None] = {}
        self._leaving: dict[Player, Timer] = {}
        self._kept: set[str] = set()
        """The ids of the groups that are kept although they have a single player."""
        self._lock = asyncio.Lock()
        grouping.keep_groups(lambda room: room.room_id in self._kept)
        publisher.playback_event.subscribe(self._playback_changed)
        rooms.closed.subscribe(lambda room: self._kept.discard(room.room_id))

    def __iter__(self) -> Iterator[Follower]:
        """Iterate over the settings of all followers."""
        return iter([following.settings for following in self._followings.values()])

    def get(self, follower_id: str) -> Follower:
        """Return the settings of a follower. Raise FollowerNotFound."""
        return self._get(follower_id).settings

    def entity_ids(self) -> set[str]:
        """Return the entities whose states have to be reported by `set_state`."""
        return {place.entity_id for follower in self for place in follower.places}

    # ------------------------------------------------------------ commands

    def save(self, change: SaveFollower) -> Follower:
        """Add a follower, or change one. Return its settings.

        Raises:
            FollowerNotFound: If there is no follower to change.
            InvalidMessage: If the name of a new follower is missing.
            Unavailable: If there are too many followers.

        """
        fields: dict[str, Any] = {name: value for name in SETTINGS if (value := getattr(change, name)) is not None}
        if change.follower_id is None:
            if "name" not in fields:
                raise InvalidMessage("name is required", ["name"])
            if len(self._followings) >= MAX_FOLLOWERS:
                raise Unavailable(
                    Sentence("too_many_followers", "This hub takes at most {most} followers", most=MAX_FOLLOWERS)
                )
            follower = Follower(follower_id=secrets.token_hex(8), **fields)
            self._add(follower)
            self.added.emit(follower)
        else:
            before = self._get(change.follower_id)
            follower = msgspec.structs.replace(before.settings, **fields)
            before.presence.cancel()
            self._add(follower)
            if not follower.enabled:
                self._release_groups()
        self.changed.emit()
        return follower

    def delete(self, follower_id: str) -> None:
        """Delete a follower. Raise FollowerNotFound."""
        following = self._get(follower_id)
        following.presence.cancel()
        del self._followings[follower_id]
        self._release_groups()
        self.deleted.emit(following.settings)
        self.changed.emit()

    # ------------------------------------------------------------ state that survives

    def restore(self, saved: Iterable[Follower], kept: Iterable[str]) -> None:
        """Add followers that were captured, and keep the groups with the ids `kept`; see `capture_groups`."""
        for follower in saved:
            self._add(follower)
        self._kept = set(kept)

    def capture_groups(self) -> tuple[str, ...]:
        """Return the ids of the groups that are kept although they have a single player."""
        return tuple(sorted(self._kept))

    # ------------------------------------------------------------ presence

    def set_state(self, entity_id: str, state: str | None) -> None:
        """Report the state of an entity; `None` if it doesn't exist. The first one of an entity moves no music."""
        is_first = entity_id not in self._states
        self._states[entity_id] = state
        for following in self._followings.values():
            if is_first:
                following.presence.set_first_state(entity_id, state)
            else:
                following.presence.set_state(entity_id, state)

    def _add(self, follower: Follower) -> None:
        presence = FollowerPresence(
            follower,
            self._states,
            timers=self._timers,
            clock=self._clock,
            changed=lambda entered: self._spawn(self._follow(following, joins=entered)),
        )
        following = self._followings[follower.follower_id] = _Following(follower, presence)

    # ------------------------------------------------------------ music

    async def _follow(self, following: _Following, *, joins: bool) -> None:
        async with self._lock:
            settings = following.settings
            if not settings.enabled or self._followings.get(settings.follower_id) is not following:
                return
            players = self._players_of(settings.places)
            wanted = self._players_of(following.presence.occupied)
            source = self._source(following, players, wanted)
            if source is None or not wanted:
                return
            for player in wanted:
                if (timer := self._leaving.pop(player, None)) is not None:
                    timer.cancel()
                    self._fades.restore(player)
                if joins and not player.active_playback.is_active:
                    await self._join(settings, source, player)
            playback = source.active_playback
            together = [player for player in players if player.active_playback is playback]
            if any(player in wanted for player in together):
                for player in together:
                    if self._is_empty(player):
                        self._begin_to_leave(settings, player)

    def _source(self, following: _Following, players: list[Player], wanted: list[Player]) -> Player | None:
        # The music of the place with the latest presence; without one, the only music of all places.
        for player in (*wanted, *self._players_of(following.presence.recent)):
            if player.active_playback.is_active:
                return player
        playing = {player.active_playback: player for player in players if player.active_playback.is_active}
        return next(iter(playing.values())) if len(playing) == 1 else None

    def _players_of(self, places: Iterable[FollowPlace]) -> list[Player]:
        found = (self._players.find(place.player_id) for place in places)
        return list(dict.fromkeys(player for player in found if player is not None))

    def _is_empty(self, player: Player) -> bool:
        return not any(
            following.settings.enabled and place.player_id == player.player_id
            for following in self._followings.values()
            for place in following.presence.occupied
        )

    async def _join(self, settings: Follower, source: Player, player: Player) -> None:
        if self._rules.is_quiet(player):
            self.happened.emit(settings, player, "refused", "quiet")
            return
        try:
            await self._grouping.join(self._system, source, [player])
        except HubError as error:
            self.happened.emit(settings, player, "refused", error.error_type)
            return
        if settings.fade_seconds:
            until_us = self._clock.now_us() + round(settings.fade_seconds * 1e6)
            self._fades.fade_in(player, 0.0, player.volume, until_us)
        self.happened.emit(settings, player, "joined", "")

    def _begin_to_leave(self, settings: Follower, player: Player) -> None:
        if player in self._leaving or self._rooms.of_player(player) is None:
            return
        until_us = self._clock.now_us() + round(settings.fade_seconds * 1e6)
        if settings.fade_seconds:
            self._fades.fade_out(player, until_us)
        self._leaving[player] = self._timers.at(until_us, self._leave, settings.follower_id, player)

    def _leave(self, follower_id: str, player: Player) -> None:
        self._leaving.pop(player, None)
        following, room = self._followings.get(follower_id), self._rooms.of_player(player)
        follows = following is not None and following.settings.enabled and self._is_empty(player)
        if following is not None and follows and room is not None and len(room.renderers) > 1:
            if (participant := room.participant_of(player)) is not None:
                if room.is_group:
                    self._kept.add(room.room_id)
                    self.changed.emit()
                silent_us = self._clock.now_us() + room.playback.lead_us() + RESTORE_DELAY_US
                self._rooms.leave(room, participant)
                self._fades.restore(player, silent_us)
                self.happened.emit(following.settings, player, "left", "")
                return
        # Presence returned, the player is the last one, or the follower was deleted or disabled.
        self._fades.restore(player)

    # ------------------------------------------------------------ groups

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        # A group is kept while its playback continues.
        if isinstance(event, StatusChanged) and isinstance(context, Room) and context.room_id in self._kept:
            if not context.playback.goes_on and context.playback.suspended is None:
                self._release(context)

    def _release_groups(self) -> None:
        if not any(follower.enabled for follower in self):
            for room_id in tuple(self._kept):
                if (room := self._rooms.find(room_id)) is not None:
                    self._release(room)

    def _release(self, room: Room) -> None:
        self._kept.discard(room.room_id)
        self._grouping.schedule_check(room)
        self.changed.emit()

    # ------------------------------------------------------------ inside

    def _get(self, follower_id: str) -> _Following:
        if (following := self._followings.get(follower_id)) is None:
            raise FollowerNotFound(f"There is no follower {follower_id}")
        return following
