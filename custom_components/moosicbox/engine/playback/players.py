"""The players of a hub: which clients they belong to, their availability, volume and reports."""

from collections.abc import Callable, Iterator
import logging
import secrets
from typing import Final, override

import msgspec

from ..access.rights import Principal
from ..clock import Clock
from ..delivery.catalog import TopicCatalog
from ..delivery.topics import Topics
from ..limits import SharedLimits
from ..protocol.client import ClientInfo, PlayerReport
from ..protocol.errors import InvalidMessage, PermissionDenied, PlayerNotFound, Sentence, Unavailable
from ..protocol.server import AlarmTone, PlayerList, TopicMessage
from ..protocol.types import ItemState
from ..signals import Signal
from ..timers import Timer, Timers
from .contexts import PlaybackContexts
from .events import PlaybackEvent, QueueChanged, StatusChanged
from .player import PlaybackContext, Player, volume_topic
from .publisher import PlaybackPublisher
from .render import queue_snapshot
from .saved_state import SavedPlayer, restore_player
from .volumes import VOLUME_TOLERANCE, rounded

_LOGGER = logging.getLogger(__name__)

MAX_AHEAD_US: Final = 1_000_000
"""How far in the future the time of a report may be."""
NEW_PLAYER_VOLUME: Final = 0.3
"""The volume of a player that connects for the first time: low, because it may be louder than its user expects."""


class Players(PlaybackContexts[Player]):
    """The players of a hub by id. A player that is disconnected stays until it is removed."""

    def __init__(
        self, topics: Topics, publisher: PlaybackPublisher, timers: Timers, clock: Clock, limits: SharedLimits
    ) -> None:
        super().__init__()
        self.added: Signal[Player] = Signal()
        self.removed: Signal[Player] = Signal()
        self.reported: Signal[Player] = Signal()
        """A player has sent a report."""
        self.lost: Signal[Player] = Signal()
        """A player hasn't reconnected within the grace, and is unavailable now."""
        self.returned: Signal[Player] = Signal()
        """A player that was lost is available again."""
        self._limits = limits
        self._topics = topics
        self._publisher = publisher
        self._timers = timers
        self._clock = clock
        self._players: dict[str, Player] = {}
        self._graces: dict[str, Timer] = {}
        self._published: PlayerList | None = None
        """The list of players that was published last."""
        self._max_volume: Callable[[Player], float] = lambda _player: 1.0
        publisher.playback_event.subscribe(self._playback_changed)

    def __iter__(self) -> Iterator[Player]:
        """Iterate over all players; they may be removed meanwhile."""
        return iter(tuple(self._players.values()))

    def __len__(self) -> int:
        """Return the number of players."""
        return len(self._players)

    def find(self, player_id: str) -> Player | None:
        """Return a player, or `None` if there is none."""
        return self._players.get(player_id)

    def get(self, player_id: str) -> Player:
        """Return a player. Raise PlayerNotFound."""
        if (player := self._players.get(player_id)) is None:
            raise PlayerNotFound(f"There is no player {player_id}")
        return player

    def only(self) -> Player:
        """Return the only player. Raise InvalidMessage if there isn't exactly one."""
        if len(self._players) != 1:
            raise InvalidMessage(Sentence("name_one", "Name a player_id or a room_id"), ["player_id"])
        return next(iter(self._players.values()))

    # ------------------------------------------------------------ life cycle

    def claim(self, principal: Principal, client: ClientInfo) -> Player:
        """Return the player that a client connects as; add it if it is new.

        Raises:
            InvalidMessage: If the client names no player.
            PermissionDenied: If the player belongs to another user, or the permission `play` is missing.
            Unavailable: If there are too many players.

        """
        principal.require("play")
        if (player_id := client.player_id) is None:
            raise InvalidMessage("A player needs a player_id", ["client", "player_id"])
        if (player := self._players.get(player_id)) is not None:
            if player.owner_user_id != principal.sub and not principal.is_admin:
                raise PermissionDenied("This player_id belongs to another user")
            return player
        limits = self._limits.current
        most = limits.max_players_per_guest if principal.is_guest else limits.max_players_per_user
        if sum(player.owner_user_id == principal.sub for player in self) >= most:
            raise Unavailable(f"A user has at most {most} players")
        if len(self._players) >= limits.max_players:
            raise Unavailable(f"This hub takes at most {limits.max_players} players")
        player = self.add(player_id, client.name, principal.sub, client.version)
        player.volume = min(NEW_PLAYER_VOLUME, self._max_volume(player))
        return player

    def add(self, player_id: str, name: str, owner_user_id: str, version: str | None = None) -> Player:
        """Add a player that isn't connected, regardless of limits."""
        player = Player(
            player_id,
            name,
            owner_user_id,
            secrets.token_hex(8),
            self._limits.current.max_queue_items,
            self._publisher.publish,
        )
        player.client_version = version
        self._players[player_id] = player
        self._publisher.add(player)
        self.added.emit(player)
        return player

    def restore(self, state: SavedPlayer) -> Player:
        """Add a player with the state that was captured of it."""
        player = self.add(state.player_id, state.name, state.owner_user_id, state.client_version)
        restore_player(player, state)
        return player

    def mark_connected(self, player: Player, client_id: str, client: ClientInfo, *, resumed: bool) -> None:
        """Mark a player as connected. With a resumed session, it may have played on without a connection."""
        if (grace := self._graces.pop(player.player_id, None)) is not None:
            grace.cancel()
        if is_back := player.client_id is not None and not player.available:
            _LOGGER.info("%s is available again", player.name)
        is_first = player.client_id is None
        player.mark_connected(client_id, client, resumed=resumed)
        if player.room is not None:
            player.active_playback.resume_suspended(self._clock.now_us())
        elif resumed:
            player.active_playback.undo_suspend()
        elif player.is_fed and is_first:
            player.active_playback.resume_restored(self._clock.now_us())
        self.publish_change(player)
        if is_back:
            self.returned.emit(player)

    def mark_disconnected(self, player: Player) -> None:
        """Mark a player as disconnected. It becomes unavailable if it doesn't reconnect within the grace."""
        player.mark_disconnected()
        due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
        self._graces[player.player_id] = self._timers.at(due_us, self._mark_unavailable, player, due_us)

    def remove(self, player_id: str) -> None:
        """Remove a player. Raise PlayerNotFound."""
        player = self.get(player_id)
        player.solo_playback.stop(self._clock.now_us())
        del self._players[player_id]
        self._publisher.remove(player)
        if (timer := self._graces.pop(player_id, None)) is not None:
            timer.cancel()
        self.removed.emit(player)
        self.publish_list()

    def publish_change(self, player: Player) -> None:
        """Publish the list of players because `player` has changed, and fire `changed`."""
        self.publish_list()
        self.changed.emit(player)

    def publish_list(self) -> None:
        """Publish the list of players, unless it is the one that was published last."""
        players = self._list()
        if players != self._published:
            self._published = players
            self._topics.publish("players", players)

    def _mark_unavailable(self, player: Player, now_us: int) -> None:
        self._graces.pop(player.player_id, None)
        if was_available := player.available:
            _LOGGER.info("%s is unavailable", player.name)
        player.available = False
        disconnected_us = now_us - int(self._limits.current.availability_grace * 1e6)
        if not player.active_playback.members.connected():
            player.active_playback.suspend(disconnected_us)
        self.publish_change(player)
        if was_available:
            self.lost.emit(player)

    # ------------------------------------------------------------ volume and reports

    def set_volume(
        self,
        player: Player,
        volume: float | None,
        muted: bool | None,
        *,
        alone: bool = True,
        cap: float | None = None,
    ) -> None:
        """Set the volume (0 to 1) and whether a player is muted, unless they are `None`.

        Args:
            player: The player.
            volume: A volume outside of 0 to the cap is remembered, and the nearest one inside is set.
            muted: True to mute it.
            alone: False if it changes with the other players of its room, which then publishes the change, too.
            cap: The loudest volume; by default that of `limit_volumes`.

        """
        if volume is not None:
            most = self._max_volume(player) if cap is None else cap
            player.volume = min(rounded(volume), most)
            player.unbounded_volume = None if 0 <= volume <= most else volume
        if muted is not None:
            player.muted = muted
        message = player.volume_update()
        self._topics.publish(f"play:{player.player_id}", message)
        self._topics.publish(player.topic, message)
        if self._topics.has_subscribers(player.topic):
            self._topics.publish(player.topic, player.status())
        if alone and player.room is not None:
            self._topics.publish_state_to(volume_topic(player.topic), player.topic, message)
            self._topics.publish(player.room.topic, player.room.status())
        self.changed.emit(player)

    def set_tone(self, player: Player, *, sounds: bool) -> None:
        """Let a player make the tone of an alarm, or stop it."""
        if player.sounds_tone != sounds:
            player.sounds_tone = sounds
            self._topics.publish(f"play:{player.player_id}", AlarmTone(sounds=sounds))

    def limit_volumes(self, max_volume: Callable[[Player], float]) -> None:
        """Lower volumes that are set from now on to the cap that `max_volume` returns for the player."""
        self._max_volume = max_volume

    @override
    def set_entity_id(self, context: Player, entity_id: str | None) -> None:
        super().set_entity_id(context, entity_id)
        self.publish_list()

    def set_player_delay(self, player: Player, milliseconds: float) -> None:
        """Set the delay of a player's loudspeakers, in milliseconds."""
        player.output_delay_ms = milliseconds
        self._publisher.publish_play_messages(player)
        self.publish_change(player)

    def report(self, player: Player, report: PlayerReport) -> None:
        """Apply a report of a player to the playback that it renders."""
        now_us = self._clock.now_us()
        # A player whose clock isn't synchronized yet must not move the timeline into the future.
        report = msgspec.structs.replace(report, at_us=min(report.at_us, now_us + MAX_AHEAD_US))
        before, playback = player.report, player.active_playback
        if report.state == "playing" and player.output_delay_ms:
            # An announcement isn't the current item, and plays at its own speed.
            rate = playback.rate if playback.is_current(report.queue_item_id) else 1.0
            audible = max(0.0, report.position_seconds - rate * player.output_delay_ms / 1000)
            report = msgspec.structs.replace(report, position_seconds=audible)
        player.apply_report(report)
        volume = report.volume
        if volume is not None and abs(volume - player.volume) < VOLUME_TOLERANCE:
            volume = None
        if volume is not None or report.muted not in (None, player.muted):
            self.set_volume(player, volume, report.muted)
        previous_state: ItemState
        match report.state:
            case "idle":
                following, previous_state = playback.handle_ended(report, now_us), "played"
            case "error":
                following, previous_state = playback.handle_failed(report, now_us), "skipped"
            case _:
                following, previous_state = None, "played"
                if report.state == "playing" and playback.is_current(report.queue_item_id):
                    player.lagging = False
                playback.apply_report(report)
        if following is not None:
            self._publisher.start(playback, following, previous_state)
        self.reported.emit(player)
        if before is None or before.needs_interaction != report.needs_interaction:
            self.changed.emit(player)

    # ------------------------------------------------------------ topics

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Register the topics of players."""
        catalog.provide("players", lambda _id, _viewer: [self._list()])
        catalog.provide("player", lambda player_id, _viewer: self._snapshot(player_id), lambda: self._players)
        catalog.provide("play", lambda player_id, _viewer: self._play_messages(player_id))

    def _list(self) -> PlayerList:
        return PlayerList(players=tuple(player.info() for player in self))

    def _snapshot(self, player_id: str) -> list[TopicMessage]:
        if (player := self.find(player_id)) is None:
            return []
        return [player.status(), player.volume_update(), queue_snapshot(player.public_playback)]

    def _play_messages(self, player_id: str) -> list[TopicMessage]:
        player = self.find(player_id)
        return [] if player is None else self._publisher.play_messages.all_for(player)

    def _playback_changed(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, StatusChanged | QueueChanged):
            for player in context.renderers:
                self.changed.emit(player)
