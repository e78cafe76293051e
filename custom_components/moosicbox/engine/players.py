"""All players: who may be which, who is here, what they report, and what the others hear of it."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

import msgspec

from .clock import Clock
from .conductor import MAX_FAILURES, Conductor
from .limits import Limits
from .playback import (
    CommandIssued,
    CurrentChanged,
    Playback,
    PlaybackEvent,
    PrepareChanged,
    QueueChanged,
    Sought,
    StatusChanged,
)
from .player import Player
from .protocol.client import ClientInfo, PlayerReport
from .protocol.errors import HubError, InvalidMessage, PermissionDenied, PlayerNotFound, Unavailable
from .protocol.server import QueueUpdated, SeekUpdate, SynchronizedPlayback, TopicMessage, TrackChanged
from .protocol.types import ItemState, QueueItem
from .render import playback_status, player_list, prepare, queue_snapshot, synchronized_playback, volume_update
from .rights import Principal
from .signals import Signal
from .subscriptions import Subscriptions
from .timers import Timer, Timers
from .topics import Topics

MAX_AHEAD_US: Final = 1_000_000

type Spawn = Callable[[Coroutine[Any, Any, None]], None]


class Players:
    """The players of a hub, by id. They stay when they go away, until they are removed."""

    def __init__(
        self, topics: Topics, conductor: Conductor, timers: Timers, clock: Clock, limits: Limits, spawn: Spawn
    ) -> None:
        """No players yet. `spawn` runs what takes time."""
        self.added: Signal[Player] = Signal()
        self.removed: Signal[Player] = Signal()
        self.changed: Signal[Player] = Signal()
        """Availability, name, volume, state: whatever is shown of a player."""
        self.happened: Signal[Player, PlaybackEvent] = Signal()
        self.limits = limits
        self._topics = topics
        self._conductor = conductor
        self._timers = timers
        self._clock = clock
        self._spawn = spawn
        self._players: dict[str, Player] = {}
        self._graces: dict[str, Timer] = {}
        self._advances: dict[str, Timer] = {}
        conductor.found.subscribe(self._media_found)
        conductor.failed.subscribe(self._media_failed)

    def __iter__(self) -> Iterator[Player]:
        """All players."""
        return iter(self._players.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._players)

    def find(self, player_id: str) -> Player | None:
        """A player, if there is one of this id."""
        return self._players.get(player_id)

    def get(self, player_id: str) -> Player:
        """A player; PlayerNotFound."""
        if (player := self._players.get(player_id)) is None:
            raise PlayerNotFound(f"There is no player {player_id}")
        return player

    def only(self) -> Player:
        """The one player that there is; InvalidMessage if one must be named."""
        if len(self._players) != 1:
            raise InvalidMessage("Name a player_id or a room_id", ["player_id"])
        return next(iter(self._players.values()))

    # ------------------------------------------------------------ coming and going

    def claim(self, principal: Principal, client: ClientInfo) -> Player:
        """The player that `client` wants to be, new or known; PermissionDenied if it is somebody else's."""
        principal.require("play")
        if (player_id := client.player_id) is None:
            raise InvalidMessage("A player has a player_id", ["client", "player_id"])
        if (player := self._players.get(player_id)) is not None:
            if player.owner != principal.sub and not principal.is_admin:
                raise PermissionDenied("This player_id belongs to somebody else")
            return player
        if sum(player.owner == principal.sub for player in self) >= self.limits.max_players_per_user:
            raise Unavailable(f"A user has at most {self.limits.max_players_per_user} players", again=False)
        if len(self._players) >= self.limits.max_players:
            raise Unavailable(f"This hub takes at most {self.limits.max_players} players", again=False)
        return self.add(player_id, client.name, principal.sub, client.version)

    def add(self, player_id: str, name: str, owner: str, version: str | None = None) -> Player:
        """A new player, not here yet."""
        player = Player(player_id, name, owner, self._topics.epoch, self.limits.max_queue_items, self._happened)
        player.client_version = version
        self._players[player_id] = player
        self.added(player)
        return player

    def connected(self, player: Player, client_id: str, client: ClientInfo, *, resumed: bool) -> None:
        """A player is here. One that `resumed` may have played on all the time."""
        if (grace := self._graces.pop(player.player_id, None)) is not None:
            grace.cancel()
        player.connected(client_id, client)
        if resumed:
            player.playback.release()
        self.announce(player)

    def lost(self, player: Player) -> None:
        """A player's connection is gone; it may come back before anybody need know."""
        player.lost()
        due_us = self._clock.now_us() + int(self.limits.availability_grace * 1e6)
        self._graces[player.player_id] = self._timers.at(due_us, lambda: self._unavailable(player, due_us))

    def remove(self, player_id: str) -> None:
        """Forget a player."""
        player = self.get(player_id)
        player.playback.stop(self._clock.now_us())
        del self._players[player_id]
        for timers in (self._graces, self._advances):
            if (timer := timers.pop(player_id, None)) is not None:
                timer.cancel()
        self.removed(player)
        self.publish_list()

    def announce(self, player: Player) -> None:
        """Something that the list of players shows has changed."""
        self.publish_list()
        self.changed(player)

    def publish_list(self) -> None:
        """The list of players to those who follow it."""
        self._topics.publish("players", player_list(self))

    def _unavailable(self, player: Player, now_us: int) -> None:
        self._graces.pop(player.player_id, None)
        player.available = False
        lost_us = now_us - int(self.limits.availability_grace * 1e6)
        player.playback.hold(lost_us)
        self.announce(player)

    # ------------------------------------------------------------ what players do

    def set_volume(self, player: Player, volume: float | None, muted: bool | None) -> None:
        """How loud a player is; None leaves it."""
        if volume is not None:
            player.volume = volume
        if muted is not None:
            player.muted = muted
        message = volume_update(player)
        self._topics.publish(f"play:{player.player_id}", message)
        self._topics.publish(f"player:{player.player_id}", message)
        self._publish_status(player)

    def report(self, player: Player, report: PlayerReport) -> None:
        """What a player says it does."""
        now_us = self._clock.now_us()
        # A clock that isn't in step yet may not move the timeline into the future.
        report = msgspec.structs.replace(report, at_us=min(report.at_us, now_us + MAX_AHEAD_US))
        before, player.report = player.report, report
        if report.round_trip_us is not None:
            player.round_trip_us = report.round_trip_us
        if report.volume is not None or report.muted is not None:
            self.set_volume(player, report.volume, report.muted)
        playback = player.playback
        match report.state:
            case "idle":
                if (following := playback.ended(report.queue_item_id, now_us)) is not None:
                    self.start(playback, following)
            case "error":
                self._failed(player, report)
            case state:
                if state == "playing":
                    player.failures = 0
                playback.adopt(report)
        if before is None or before.needs_interaction != report.needs_interaction:
            self.changed(player)

    def start(self, playback: Playback, item: QueueItem, left: ItemState = "played") -> None:
        """Play `item` soon; what can't be played is passed over."""

        async def start() -> None:
            try:
                await self._conductor.start(playback, item, left=left)
            except HubError:
                return

        self._spawn(start())

    def _failed(self, player: Player, report: PlayerReport) -> None:
        playback = player.playback
        item = playback.current
        if item is None or item.queue_item_id != report.queue_item_id or playback.timeline.state == "idle":
            return
        player.failures += 1
        following = playback.successor()
        if following is None or player.failures >= MAX_FAILURES:
            player.failures = 0
            playback.stop(self._clock.now_us())
        else:
            self.start(playback, following, "skipped")

    # ------------------------------------------------------------ what the others hear

    def provide(self, subscriptions: Subscriptions) -> None:
        """Say where snapshots of players come from."""
        subscriptions.provide("players", lambda _: [player_list(self)])
        subscriptions.provide("player", self._snapshot, lambda: self._players)
        subscriptions.provide("play", self._play_states)

    def _snapshot(self, player_id: str) -> list[TopicMessage]:
        if (player := self.find(player_id)) is None:
            return []
        return [playback_status(player), volume_update(player), queue_snapshot(player.playback)]

    def _play_states(self, player_id: str) -> list[TopicMessage]:
        # What a player has to know to do its part.
        if (player := self.find(player_id)) is None:
            return []
        states: list[TopicMessage] = [volume_update(player)]
        if (command := self._command(player)) is not None:
            states.append(command)
        following = player.playback.following
        address = self._conductor.address(following) if following else None
        if following is None or address is not None:
            states.append(prepare(following, address))
        return states

    def _command(self, player: Player) -> SynchronizedPlayback | None:
        if (command := player.playback.command) is None:
            return None
        address = self._conductor.address(command.item) if command.item else None
        if command.item is not None and address is None:
            return None
        return synchronized_playback(command, address)

    def _happened(self, player: Player, event: PlaybackEvent) -> None:
        if self.find(player.player_id) is not player:
            return
        topic = f"player:{player.player_id}"
        playback = player.playback
        match event:
            case CommandIssued():
                self._publish_command(player)
            case PrepareChanged():
                self._publish_prepare(player)
            case StatusChanged():
                self._publish_status(player)
            case CurrentChanged(track, previous):
                self._topics.publish(topic, TrackChanged(track=track, previous_track=previous))
            case Sought(position):
                self._topics.publish(topic, SeekUpdate(position_seconds=position))
            case QueueChanged(ops):
                queue = playback.queue
                update = QueueUpdated(
                    revision=queue.revision, current_index=queue.current_index, total=len(queue), ops=ops
                )
                self._topics.publish(topic, update)
                self.changed(player)
        self._schedule(player)
        self.happened(player, event)

    def _publish_command(self, player: Player) -> None:
        if (command := self._command(player)) is not None:
            self._topics.publish(f"play:{player.player_id}", command)

    def _publish_prepare(self, player: Player) -> None:
        item = player.playback.following
        address = self._conductor.address(item) if item else None
        if item is None or address is not None:
            self._topics.publish(f"play:{player.player_id}", prepare(item, address))

    def _publish_status(self, player: Player) -> None:
        self._topics.publish(f"player:{player.player_id}", playback_status(player))
        self.changed(player)

    def _media_found(self, media_content_id: str) -> None:
        for player in self:
            playback = player.playback
            if playback.command and _is_of(playback.command.item, media_content_id):
                self._publish_command(player)
            if _is_of(playback.following, media_content_id):
                self._publish_prepare(player)

    def _media_failed(self, media_content_id: str) -> None:
        for player in self:
            playback = player.playback
            handed_over = playback.queue.locked_item_id is not None and _is_of(playback.following, media_content_id)
            if handed_over and (behind := playback.queue.after(playback.queue.locked_item_id)) is not None:
                self.start(playback, behind, "skipped")

    def _schedule(self, player: Player) -> None:
        timer = self._advances.get(player.player_id)
        due_us = player.playback.due_us
        if timer is not None and timer.action is not None and timer.due_us == due_us:
            return
        if timer is not None:
            timer.cancel()
        if due_us is None:
            self._advances.pop(player.player_id, None)
        else:
            self._advances[player.player_id] = self._timers.at(due_us, lambda: self._advance(player))

    def _advance(self, player: Player) -> None:
        player.playback.advance(self._clock.now_us())
        self._schedule(player)


def _is_of(item: QueueItem | None, media_content_id: str) -> bool:
    return item is not None and item.track.media_content_id == media_content_id
