"""Announcements: short media that players play instead of their playback, which then continues where it was.

An announcement is sent to a player like any other item, on its own topic. So every player can make one, and none has
to mix audio. If all players of an announcement can, they get it as an order of its own, and lower their music meanwhile.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
import secrets
from typing import Final

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock
from ..limits import SharedLimits
from ..playback.events import Command, MixedAnnouncement
from ..playback.media import Media
from ..playback.media_resolver import MediaResolver
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.players import Players
from ..playback.publisher import PlaybackPublisher
from ..protocol.errors import HubError, NotSupported, Unavailable
from ..protocol.types import QueueItem, UserRef
from ..signals import Signal
from ..timers import Timer, Timers
from .room import Room

MAX_WAITING: Final = 10
"""Announcements that wait for one player."""
GRACE_SECONDS: Final = 5.0
"""How much longer than its duration an announcement may take."""
UNKNOWN_SECONDS: Final = 60.0
"""How long an announcement of unknown duration may take."""
MAX_SECONDS: Final = 600.0
"""How long an announcement may take."""


@dataclass(slots=True, eq=False)
class Announcement:
    """An announcement that some players make together."""

    item: QueueItem
    target: Player | Room
    players: Sequence[Player]
    playback: Playback | None = None
    """The playback that the players render otherwise; `None` if they go on with it."""
    pending: set[Player] = field(default_factory=set)
    """The players that haven't ended it yet."""
    timer: Timer | None = None


class Announcements:
    """Makes the announcements of each player one after the other."""

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
        self.finished: Signal[Player | Room, QueueItem] = Signal()
        """An announcement is over: its target and its item."""
        self._waiting: list[Announcement] = []
        self._running: dict[Player, Announcement] = {}
        players.reported.subscribe(self._player_reported)
        players.changed.subscribe(self._player_changed)
        players.removed.subscribe(self._end_for)

    async def announce(self, principal: Principal, target: Player | Room, media_content_id: str) -> None:
        """Make an announcement after the ones before.

        Args:
            principal: On whose behalf.
            target: A player, even if it is in a room, or all players of a room.
            media_content_id: The media to play.

        Raises:
            PermissionDenied: If the principal may not control the target.
            NotSupported: If no player supports announcements.
            Unavailable: If no player is connected, or too many announcements wait.
            TrackNotFound: If there is no such media.

        """
        if isinstance(target, Room):
            target.require_right(principal, "playback.control")
        else:
            principal.require_household("control")
        self._players_of(target)
        media = await self._media_resolver.resolve(media_content_id, principal)
        players = self._players_of(target)
        for player in players:
            if sum(player in waiting.players for waiting in self._waiting) >= MAX_WAITING:
                raise Unavailable(f"{MAX_WAITING} announcements wait for {player.name} already")
        self._waiting.append(Announcement(self._item(media, principal), target, players))
        self._start_waiting()

    def _players_of(self, target: Player | Room) -> Sequence[Player]:
        if isinstance(target, Player):
            target.require_capability("announce")
            if not target.connected:
                raise Unavailable(f"{target.name} isn't connected")
            return (target,)
        connected = [player for player in target.renderers if player.connected]
        capable = [player for player in connected if player.has_capability("announce")]
        if connected and not capable:
            raise NotSupported(f"No player in {target.name} supports this: none has declared 'announce'")
        if not capable:
            raise Unavailable(f"No player is connected in {target.name}")
        return capable

    def _item(self, media: Media, principal: Principal) -> QueueItem:
        return QueueItem(
            queue_item_id=secrets.token_hex(8),
            track=media.track,
            added_by=UserRef(id=principal.sub, name=principal.name),
            added_at=self._clock.timestamp(),
        )

    # ------------------------------------------------------------ starting

    def _start_waiting(self) -> None:
        # In their order: an announcement that waits for a player isn't overtaken by later ones for that player.
        busy = set(self._running)
        for waiting in tuple(self._waiting):
            if busy.isdisjoint(waiting.players):
                self._waiting.remove(waiting)
                self._start(waiting)
            busy.update(waiting.players)

    def _start(self, announcement: Announcement) -> None:
        now_us = self._clock.now_us()
        players = [player for player in announcement.players if player.connected]
        if not players:
            return
        target = announcement.target
        playback = target.active_playback
        start_us = now_us + playback.lead_us()
        announcement.pending = set(players)
        self._running.update(dict.fromkeys(players, announcement))
        ducking_db = self._limits.current.announcement_ducking
        if ducking_db and all(player.mixes for player in players):
            for player in players:
                player.mixed_announcement = MixedAnnouncement(announcement.item, start_us, ducking_db)
                self._publisher.publish_announcement(player)
            # These players report the end, but no progress.
            self._limit(announcement, start_us, announcement.item.track.duration or MAX_SECONDS)
            return
        announcement.playback = playback
        for player in players:
            player.announcement = Command("play", announcement.item, 0.0, start_us, 1.0)
        others = [member for member in playback.members.connected() if member not in announcement.pending]
        if isinstance(target, Room) or not others:
            # Otherwise the other players of the room go on without this one.
            playback.interrupt(now_us)
        for player in players:
            self._publisher.publish_instructions(player)
        self._limit(announcement, start_us, announcement.item.track.duration or UNKNOWN_SECONDS)

    def _limit(self, announcement: Announcement, from_us: int, seconds: float) -> None:
        if announcement.timer is not None:
            announcement.timer.cancel()
        due_us = from_us + int((min(seconds, MAX_SECONDS) + GRACE_SECONDS) * 1e6)
        announcement.timer = self._timers.at(due_us, self._finish, announcement)

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
                self._finish(announcement)

    def _finish(self, announcement: Announcement) -> None:
        if announcement.timer is not None:
            announcement.timer.cancel()
        players = [player for player, running in self._running.items() if running is announcement]
        for player in players:
            del self._running[player]
            player.announcement = None
            if player.mixed_announcement is not None:
                player.mixed_announcement = None
                self._publisher.publish_announcement(player)
        self._start_waiting()
        self.finished.emit(announcement.target, announcement.item)
        if announcement.playback is None:
            # Nothing was interrupted.
            return
        released = [player for player in players if player not in self._running]
        # Its players may have gone to another playback meanwhile.
        playbacks = [*(player.active_playback for player in released), announcement.playback]
        resumed = [playback for playback in dict.fromkeys(playbacks) if self._resume(playback)]
        for player in released:
            if self._players.find(player.player_id) is not player:
                continue
            if player.active_playback in resumed:
                self._publisher.publish_preparation(player)
            else:
                self._publisher.publish_switch(player)

    def _resume(self, playback: Playback) -> bool:
        # Return whether it goes on. Another announcement may have begun, which will end the interruption.
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
