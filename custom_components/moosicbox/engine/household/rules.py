"""Rules of players: a cap of the volume, quiet hours, hours without music, and the music that a child may play.

A rule applies all the time, or in its hours. Commands that a rule forbids are refused with the reason; volumes that
reach the hub in another way, such as by a knob of the player, are lowered to the cap.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, time, tzinfo
import secrets
from typing import Any, Final

import msgspec

from ..clock import Clock
from ..playback.player import PlaybackContext, Player, players_of
from ..playback.players import Players
from ..protocol.errors import InvalidMessage, RefusedByRule, RuleNotFound, Sentence, Unavailable
from ..protocol.household import Rule, SaveRule
from ..protocol.types import Track
from ..rooms.rooms import Rooms
from ..signals import Signal
from ..timers import Timer, Timers
from .schedule import is_within, next_occurrence

MAX_RULES: Final = 50
SETTINGS: Final = tuple(name for name in Rule.__struct_fields__ if name != "rule_id")


class Rules:
    """The rules by id, enforced when they are used and at the beginning of their hours."""

    def __init__(self, players: Players, rooms: Rooms, timers: Timers, clock: Clock) -> None:
        self.changed: Signal[()] = Signal()
        self.zone: tzinfo = UTC
        self._players = players
        self._rooms = rooms
        self._timers = timers
        self._clock = clock
        self._rules: dict[str, Rule] = {}
        self._timer: Timer | None = None
        self._started = False
        players.limit_volumes(self.max_volume)
        rooms.require_join = self._require_join

    def __iter__(self) -> Iterator[Rule]:
        """Iterate over all rules."""
        return iter(tuple(self._rules.values()))

    # ------------------------------------------------------------ queries

    def active(self, player: Player) -> list[Rule]:
        """Return the rules that apply to a player now."""
        if not self._rules:
            return []
        now = self._clock.utc().timestamp()
        return [
            rule
            for rule in self._rules.values()
            if (not rule.player_ids or player.player_id in rule.player_ids) and self._applies(rule, now)
        ]

    def max_volume(self, player: Player) -> float:
        """Return the cap of a player's volume now, 0 to 1."""
        return min((rule.max_volume for rule in self.active(player)), default=1.0)

    def max_announcement_volume(self, player: Player) -> float:
        """Return the cap of the volume of announcements on a player now, 0 to 1.

        It is the rule's `announcement_volume`, even if that is above its `max_volume`; without one, its `max_volume`.
        """
        return min((_announcement_cap(rule) for rule in self.active(player)), default=1.0)

    def is_quiet(self, player: Player) -> bool:
        """Return whether a rule with hours applies to a player now, so that music must not move to it automatically."""
        return any(rule.begins is not None or rule.silent for rule in self.active(player))

    def is_silent(self, context: PlaybackContext) -> bool:
        """Return whether no music may play now on a player, or on a player of a room."""
        return any(rule.silent for player in players_of(context) for rule in self.active(player))

    def music_filter(self, context: PlaybackContext) -> Callable[[Track], bool]:
        """Return a function that returns whether a track may be played now on a player, or on all players of a room.

        It finds the rules once, for any number of tracks.
        """
        limits = {rule.rule_id: rule for _player, rule in self._limits_of_music(context)}.values()
        return lambda track: all(_allows(rule, track) for rule in limits)

    # ------------------------------------------------------------ checks

    def require_volume(self, player: Player, volume: float) -> None:
        """Raise RefusedByRule if a volume is above the cap of a player."""
        for rule in self.active(player):
            if volume > rule.max_volume + 1e-9:
                percent = round(rule.max_volume * 100)
                raise RefusedByRule(
                    Sentence(
                        "rule_volume",
                        "{player} is limited to {percent} % by the rule {rule!r}{until}",
                        player=player.name,
                        percent=percent,
                        rule=rule.name,
                        until=_until(rule),
                    ),
                    rule.rule_id,
                    max_volume=rule.max_volume,
                )

    def require_playing(self, context: PlaybackContext) -> None:
        """Raise RefusedByRule if no music may play on a player, or on a player of a room."""
        for player in players_of(context):
            for rule in self.active(player):
                if rule.silent:
                    raise RefusedByRule(
                        Sentence(
                            "rule_no_music",
                            "{player} plays no music by the rule {rule!r}{until}",
                            player=player.name,
                            rule=rule.name,
                            until=_until(rule),
                        ),
                        rule.rule_id,
                    )

    def require_announcement(self, player: Player) -> None:
        """Raise RefusedByRule if a rule silences the announcements on a player."""
        for rule in self.active(player):
            if _announcement_cap(rule) <= 0:
                raise RefusedByRule(
                    Sentence(
                        "rule_no_announcements",
                        "{player} makes no announcements by the rule {rule!r}{until}",
                        player=player.name,
                        rule=rule.name,
                        until=_until(rule),
                    ),
                    rule.rule_id,
                )

    def require_tracks(self, context: PlaybackContext, tracks: Iterable[Track]) -> None:
        """Raise RefusedByRule if one of the tracks may not be played on a player, or on a player of a room."""
        limited = self._limits_of_music(context)
        for track in tracks if limited else ():
            for player, rule in limited:
                if not _allows(rule, track):
                    raise RefusedByRule(
                        Sentence(
                            "rule_other_music",
                            "{title} isn't among the music of {player} by the rule {rule!r}",
                            title=track.title,
                            player=player.name,
                            rule=rule.name,
                        ),
                        rule.rule_id,
                    )

    def _limits_of_music(self, context: PlaybackContext) -> list[tuple[Player, Rule]]:
        return [(player, rule) for player in players_of(context) for rule in self.active(player) if _limits_music(rule)]

    def _require_join(self, player: Player, context: PlaybackContext) -> None:
        self.require_playing(player)
        playback = context.playback
        if playback.current is not None:
            self.require_tracks(player, [item.track for item in playback.queue.items])

    # ------------------------------------------------------------ commands

    def save(self, change: SaveRule) -> Rule:
        """Add a rule, or change one. Return it.

        Raises:
            RuleNotFound: If there is no rule to change.
            InvalidMessage: If the name of a new rule is missing, or one end of its hours.
            Unavailable: If there are too many rules.

        """
        fields: dict[str, Any] = {
            name: value for name in SETTINGS if (value := getattr(change, name)) is not msgspec.UNSET
        }
        if change.rule_id is None:
            if "name" not in fields:
                raise InvalidMessage("name is required", ["name"])
            if len(self._rules) >= MAX_RULES:
                raise Unavailable(Sentence("too_many_rules", "This hub takes at most {most} rules", most=MAX_RULES))
            rule = Rule(rule_id=secrets.token_hex(8), **fields)
        else:
            rule = msgspec.structs.replace(self._get(change.rule_id), **fields)
        if (rule.begins is None) != (rule.ends is None):
            raise InvalidMessage("The hours of a rule have a beginning and an end", ["ends"])
        self._rules[rule.rule_id] = rule
        self._enforce()
        self.changed.emit()
        return rule

    def delete(self, rule_id: str) -> None:
        """Delete a rule. Raise RuleNotFound."""
        self._get(rule_id)
        del self._rules[rule_id]
        self._reschedule()
        self.changed.emit()

    # ------------------------------------------------------------ state that survives, and time

    def restore(self, saved: Iterable[Rule]) -> None:
        """Add rules that were captured."""
        self._rules = {rule.rule_id: rule for rule in saved}

    def start(self) -> None:
        """Enforce the rules at the beginning of their hours from now on."""
        self._started = True
        self._enforce()

    def set_zone(self, zone: tzinfo) -> None:
        """Use another time zone from now on."""
        self.zone = zone
        self.check()

    def check(self) -> None:
        """Read the clock again, because the time of day was set."""
        if self._started:
            self._enforce()

    def _enforce(self) -> None:
        for player in self._players if self._started else ():
            if player.volume > self.max_volume(player):
                self._players.set_volume(player, player.volume, None)
            if self.is_silent(player):
                self._silence(player)
        self._reschedule()

    def _silence(self, player: Player) -> None:
        # A silenced player in a room would prevent the others from playing music.
        room = self._rooms.of_player(player)
        if room is not None and (participant := room.participant_of(player)) is not None:
            self._rooms.leave(room, participant)
        elif player.playback.is_active:
            player.playback.pause(self._clock.now_us())

    def _reschedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        now, zone = self._clock.utc().timestamp(), self.zone
        begins = [
            next_occurrence(time.fromisoformat(rule.begins), rule.days, zone, now)
            for rule in self._rules.values()
            if rule.begins is not None
        ]
        if begins and self._started:
            due_us = self._clock.now_us() + round((min(begins) - now) * 1e6)
            self._timer = self._timers.at(due_us, self._enforce)

    def _applies(self, rule: Rule, now: float) -> bool:
        if rule.begins is None or rule.ends is None:
            return True
        begins, ends = time.fromisoformat(rule.begins), time.fromisoformat(rule.ends)
        return is_within(now, begins, ends, rule.days, self.zone)

    def _get(self, rule_id: str) -> Rule:
        if (rule := self._rules.get(rule_id)) is None:
            raise RuleNotFound(f"There is no rule {rule_id}")
        return rule


def _announcement_cap(rule: Rule) -> float:
    return rule.max_volume if rule.announcement_volume is None else rule.announcement_volume


def _until(rule: Rule) -> str:
    return "" if rule.ends is None else f" until {rule.ends[:5]}"


def _limits_music(rule: Rule) -> bool:
    return bool(rule.genres or rule.artists or rule.albums)


def _allows(rule: Rule, track: Track) -> bool:
    pairs = (
        (rule.genres, (track.genre,)),
        (rule.artists, (track.artist, track.album_artist)),
        (rule.albums, (track.album,)),
    )
    return any(
        value is not None and value.casefold() in {name.casefold() for name in names}
        for names, values in pairs
        for value in values
    )
