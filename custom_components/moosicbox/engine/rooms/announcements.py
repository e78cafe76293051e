"""Announcements: short media that players play instead of their playback, which then continues where it was.

An announcement is sent to a player like any other item, on the player's `play:` topic: a player needn't mix audio to make
one. If all players of an announcement can mix, they get it as a separate order, and lower their music meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..limits import SharedLimits
from ..playback.events import MixedAnnouncement, Order
from ..playback.media import Media
from ..playback.media_resolver import MediaResolver
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..playback.queue import new_item
from ..protocol.errors import HubError, NotSupported, Sentence, Unavailable
from ..protocol.household import Priority
from ..protocol.types import QueueItem
from ..signals import Signal
from ..timers import Timer, Timers
from .announcement_volumes import AnnouncementVolumes
from .room import Room

MAX_WAITING: Final = 10
"""Announcements that wait for one player."""
GRACE_SECONDS: Final = 5.0
"""How much longer than its duration an announcement may take."""
FED_LEAD_US: Final = 3_000_000
"""How far in advance a fed speaker gets an announcement to mix, because its music is sent ahead."""
FED_MUSIC_US: Final = 60_000_000
"""A fed speaker mixes an announcement only if its music lasts at least this long; otherwise the music pauses."""
UNKNOWN_SECONDS: Final = 60.0
"""How long an announcement of unknown duration may take."""
MAX_SECONDS: Final = 600.0
"""The longest time that an announcement may take."""

RANKS: Final[Mapping[Priority, int]] = {"low": 0, "normal": 1, "high": 2}


@dataclass(slots=True, eq=False)
class Announcement:
    """An announcement that some players make together."""

    items: Sequence[QueueItem]
    """The sounds, such as a chime and a message."""
    targets: Sequence[Player | Room]
    players: Sequence[Player]
    priority: Priority = "normal"
    volume: float | None = None
    """Its volume; `None` for the volume of each player."""
    index: int = 0
    """The place of the item that plays."""
    start_us: int | None = None
    """The hub time at which that item begins; `None` while the announcement waits."""
    mixed: bool = False
    """True if its players mix it with their music."""
    playbacks: Sequence[Playback] = ()
    """The playbacks that it interrupts."""
    pending: set[Player] = field(default_factory=set)
    """The players that haven't ended the item yet."""
    timer: Timer | None = None
    over: bool = False
    """True once it has ended or was cancelled."""

    @property
    def item(self) -> QueueItem:
        """The item that plays."""
        return self.items[self.index]


class Announcements:
    """Plays the announcements of each player one after the other, those of a higher priority first."""

    def __init__(
        self,
        players: Players,
        publisher: PlaybackPublisher,
        media_resolver: MediaResolver,
        timers: Timers,
        clock: Clock,
        spawn: Spawn,
        limits: SharedLimits,
    ) -> None:
        self._players = players
        self._publisher = publisher
        self._media_resolver = media_resolver
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._limits = limits
        self.began: Signal[Announcement] = Signal()
        """An item of an announcement begins at `start_us`."""
        self.finished: Signal[Player | Room, QueueItem] = Signal()
        """An announcement has ended: one of its targets, and its last item."""
        self.volumes = AnnouncementVolumes(players)
        self._waiting: list[Announcement] = []
        self._running: dict[Player, Announcement] = {}
        self._require_allowed: Callable[[Player], None] = lambda _player: None
        players.reported.subscribe(self._player_reported)
        players.changed.subscribe(self._player_changed)
        players.removed.subscribe(self._end_for)

    def apply_rules(
        self,
        require_allowed: Callable[[Player], None],
        choose_volume: Callable[[Player, float | None], float | None],
    ) -> None:
        """Apply the rules of the household.

        Args:
            require_allowed: Raises a HubError if a player may make no announcements now.
            choose_volume: Returns the volume for an announcement of a given volume; `None` if it isn't changed.

        """
        self._require_allowed = require_allowed
        self.volumes.apply_rule(choose_volume)

    async def announce(self, principal: Principal, target: Player | Room, media_content_id: str) -> None:
        """Make an announcement after those that wait already.

        Args:
            principal: The principal that requests it.
            target: A player, even if it is in a room, or all players of a room.
            media_content_id: The media to play.

        Raises:
            PermissionDenied: If the principal may not control the target.
            NotSupported: If no player supports announcements.
            Unavailable: If no player is connected, or too many announcements wait.
            RefusedByRule: If a rule of the household forbids it.
            TrackNotFound: If there is no such media.

        """
        self.require_right(principal, target)
        self._players_of(target)
        media = await self._media_resolver.resolve(media_content_id, principal)
        self.require_right(principal, target)
        self.add([media], [target], self._players_of(target), principal)

    def require_right(self, principal: Principal, target: Player | Room) -> None:
        """Raise PermissionDenied if a principal may make no announcements on a target."""
        if isinstance(target, Room):
            target.require_right(principal, "playback.control")
        else:
            principal.require_household("control")

    def require_player(self, player: Player) -> None:
        """Raise a HubError if a player can't make an announcement now, or may not."""
        player.require_capability("announce")
        if not player.connected:
            raise Unavailable(Sentence("player_away", "{player} isn't connected", player=player.name))
        if sum(player in waiting.players for waiting in self._waiting) >= MAX_WAITING:
            raise Unavailable(
                Sentence(
                    "too_many_announcements",
                    "{most} announcements wait for {player} already",
                    most=MAX_WAITING,
                    player=player.name,
                )
            )
        self._require_allowed(player)

    def add(
        self,
        media: Iterable[Media],
        targets: Sequence[Player | Room],
        players: Sequence[Player],
        principal: Principal,
        *,
        priority: Priority = "normal",
        volume: float | None = None,
    ) -> Announcement:
        """Make an announcement as soon as none of the same or a higher priority plays.

        One of a lower priority is interrupted, and played again afterwards.

        Args:
            media: The sounds, in their order.
            targets: The addressed players and rooms; `finished` is emitted for each. A room pauses as a whole, and its
                outputs play the announcement as well.
            players: The players, which play it together.
            principal: The principal that requests it.
            priority: Its priority.
            volume: Its volume, 0 to 1; by default that of each player.

        """
        items = [new_item(each.track, principal, self._clock.timestamp()) for each in media]
        announcement = Announcement(items, targets, players, priority, volume)
        self._waiting.append(announcement)
        self._start_waiting()
        return announcement

    def cancel(self, announcement: Announcement) -> None:
        """End an announcement, or drop it if it waits."""
        if announcement in self._waiting:
            self._waiting.remove(announcement)
            announcement.over = True
        elif announcement in self._running.values():
            self._finish(announcement)

    def _players_of(self, target: Player | Room) -> Sequence[Player]:
        if isinstance(target, Player):
            self.require_player(target)
            return (target,)
        connected = [player for player in target.renderers if player.connected]
        capable = [player for player in connected if player.has_capability("announce")]
        if connected and not capable:
            raise NotSupported(
                Sentence(
                    "room_cant",
                    "No player in {room} supports this: none has declared {capability!r}",
                    room=target.name,
                    capability="announce",
                )
            )
        if not capable:
            raise Unavailable(Sentence("room_without_player", "{room} has no connected player", room=target.name))
        players, refusals = self.select(capable)
        if not players:
            raise next(iter(refusals.values()))
        return players

    def select(self, players: Iterable[Player]) -> tuple[list[Player], dict[Player, HubError]]:
        """Return the players that can make an announcement now, and why the others can't."""
        able: list[Player] = []
        refusals: dict[Player, HubError] = {}
        for player in players:
            try:
                self.require_player(player)
            except HubError as error:
                refusals[player] = error
            else:
                able.append(player)
        return able, refusals

    # ------------------------------------------------------------ starting

    def _start_waiting(self) -> None:
        # An announcement that waits for a player isn't overtaken by later ones for that player, unless their priority
        # is higher.
        awaited: set[Player] = set()
        for waiting in sorted(self._waiting, key=_rank, reverse=True):
            running = {self._running[player] for player in waiting.players if player in self._running}
            if awaited.isdisjoint(waiting.players) and all(_rank(each) < _rank(waiting) for each in running):
                self._waiting.remove(waiting)
                interrupted = {each: self._interrupt(each) for each in running}
                self._start(waiting)
                for each, players in interrupted.items():
                    self._continue(each, players)
            awaited.update(waiting.players)

    def _interrupt(self, announcement: Announcement) -> list[Player]:
        # An interrupted announcement is repeated from its beginning, before others of its priority.
        announcement.index, announcement.start_us = 0, None
        self._waiting.insert(0, announcement)
        return self._release(announcement)

    def _start(self, announcement: Announcement) -> None:
        players = [player for player in announcement.players if player.connected]
        if not players:
            announcement.over = True
            return
        self._running.update(dict.fromkeys(players, announcement))
        for player in players:
            self.volumes.adjust(player, announcement.volume)
        ducks = self._limits.current.announcement_ducking > 0
        announcement.mixed = ducks and all(_can_mix(player, self._clock.now_us()) for player in players)
        playbacks = () if announcement.mixed else dict.fromkeys(player.active_playback for player in players)
        announcement.playbacks = [each for each in playbacks if self._is_interrupted_by(announcement, each)]
        self._play(announcement, players)

    def _is_interrupted_by(self, announcement: Announcement, playback: Playback) -> bool:
        # If connected players of a room don't take part, the room's playback continues, unless the room is a target.
        making = set(self._players_making(announcement))
        others = [member for member in playback.members.connected() if member not in making]
        return not others or any(
            isinstance(target, Room) and target.playback is playback for target in announcement.targets
        )

    def _play(self, announcement: Announcement, players: Sequence[Player]) -> None:
        now_us = self._clock.now_us()
        start_us = now_us + max(player.active_playback.lead_us() for player in players)
        announcement.pending = set(players)
        item, duration = announcement.item, announcement.item.track.duration
        if announcement.mixed:
            if any(player.is_fed for player in players):
                start_us = max(start_us, now_us + FED_LEAD_US)
            announcement.start_us = start_us
            self.began.emit(announcement)
            for player in players:
                ducking_db = self._limits.current.announcement_ducking
                player.mixed_announcement = MixedAnnouncement(item, start_us, ducking_db)
                self._publisher.publish_announcement(player)
            # These players report the end, but no progress.
            self._limit(announcement, start_us, duration or MAX_SECONDS)
            return
        announcement.start_us = start_us
        self.began.emit(announcement)
        for player in players:
            player.announcement = Order("play", item, 0.0, start_us, 1.0)
        for playback in announcement.playbacks:
            playback.interrupt(now_us)
        for player in players:
            self._publisher.publish_play_messages(player)
        self._limit(announcement, start_us, duration or UNKNOWN_SECONDS)

    def _limit(self, announcement: Announcement, from_us: int, seconds: float) -> None:
        if announcement.timer is not None:
            announcement.timer.cancel()
        due_us = from_us + int((min(seconds, MAX_SECONDS) + GRACE_SECONDS) * 1e6)
        announcement.timer = self._timers.at(due_us, self._item_ended, announcement)

    # ------------------------------------------------------------ ending

    def _player_reported(self, player: Player) -> None:
        announcement, report = self._running.get(player), player.report
        if announcement is None or report is None:
            return
        if report.ended_announcement_id == announcement.item.queue_item_id:
            self._end_for(player)
        if report.queue_item_id != announcement.item.queue_item_id:
            return
        if report.state in ("idle", "error"):
            self._end_for(player)
        elif report.state == "playing" and report.duration_seconds:
            self._limit(announcement, report.at_us, report.duration_seconds - report.position_seconds)

    def _player_changed(self, player: Player) -> None:
        if not player.available:
            self._end_for(player)

    def _end_for(self, player: Player) -> None:
        if (announcement := self._running.get(player)) is not None:
            announcement.pending.discard(player)
            if not announcement.pending:
                self._item_ended(announcement)

    def _item_ended(self, announcement: Announcement) -> None:
        players = [player for player in self._players_making(announcement) if player.connected]
        if players and announcement.index + 1 < len(announcement.items):
            announcement.index += 1
            self._play(announcement, players)
        else:
            self._finish(announcement)

    def _finish(self, announcement: Announcement) -> None:
        players = self._release(announcement)
        announcement.over = True
        self._start_waiting()
        for target in announcement.targets:
            self.finished.emit(target, announcement.items[-1])
        self._continue(announcement, players)

    def _players_making(self, announcement: Announcement) -> list[Player]:
        return [player for player, running in self._running.items() if running is announcement]

    def _release(self, announcement: Announcement) -> list[Player]:
        # Returns the players that were making it.
        if announcement.timer is not None:
            announcement.timer.cancel()
        players = self._players_making(announcement)
        for player in players:
            del self._running[player]
            player.announcement = None
            if player.mixed_announcement is not None:
                player.mixed_announcement = None
                self._publisher.publish_announcement(player)
            self.volumes.restore(player)
        return players

    def _continue(self, announcement: Announcement, players: Iterable[Player]) -> None:
        if announcement.mixed:
            # Nothing was interrupted.
            return
        released = [player for player in players if player not in self._running]
        # A player may have joined or left a room meanwhile, and so render another playback.
        playbacks = [*(player.active_playback for player in released), *announcement.playbacks]
        resumed = [playback for playback in dict.fromkeys(playbacks) if self._resume(playback)]
        for player in released:
            if self._players.find(player.player_id) is not player:
                continue
            if player.active_playback in resumed:
                self._publisher.publish_preparation(player)
            else:
                self._publisher.publish_switch(player)

    def _resume(self, playback: Playback) -> bool:
        # Returns whether playback continues. If another announcement interrupts it, the end of that one resumes it.
        if any(playback in running.playbacks for running in self._running.values()):
            return False
        if not playback.interrupted or playback.members.are_announcing() or (item := playback.current) is None:
            return False
        if not playback.members.connected():
            playback.suspend_interrupted(self._clock.now_us())
            return False
        self._spawn(self._start_again(playback, item))
        return True

    async def _start_again(self, playback: Playback, item: QueueItem) -> None:
        if playback.interrupted and playback.is_current(item.queue_item_id):
            with suppress(HubError):
                await self._media_resolver.start(playback, item, playback.timeline.position)


def _can_mix(player: Player, now_us: int) -> bool:
    """Return whether a player can mix an announcement with what it plays now."""
    if not player.mixes or not player.is_fed:
        return player.mixes
    # Its audio is mixed before it is sent, so there has to be music until the announcement is over.
    playback = player.active_playback
    ends_soon = playback.ends_us is not None and playback.ends_us < now_us + FED_MUSIC_US
    return playback.timeline.playing and not (ends_soon and playback.next_item is None)


def _rank(announcement: Announcement) -> int:
    return RANKS[announcement.priority]
