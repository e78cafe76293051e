"""All players: who may be which, who is here, what they report, and what the others hear of it."""

from collections.abc import Iterator
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
from ..protocol.errors import InvalidMessage, PermissionDenied, PlayerNotFound, Unavailable
from ..protocol.server import PlayerList, TopicMessage
from ..protocol.types import ItemState
from ..signals import Signal
from ..timers import Timer, Timers
from .contexts import PlaybackContexts
from .events import PlaybackEvent, QueueChanged, StatusChanged
from .player import PlaybackContext, Player
from .publisher import PlaybackPublisher
from .render import queue_snapshot
from .saved_state import SavedPlayer, restore_player

_LOGGER = logging.getLogger(__name__)

MAX_AHEAD_US: Final = 1_000_000


class Players(PlaybackContexts[Player]):
    """The players of a hub, by id. They stay when they go away, until they are removed."""

    def __init__(
        self, topics: Topics, publisher: PlaybackPublisher, timers: Timers, clock: Clock, limits: SharedLimits
    ) -> None:
        super().__init__()
        self.added: Signal[Player] = Signal()
        self.removed: Signal[Player] = Signal()
        self.reported: Signal[Player] = Signal()
        """A player said what it does."""
        self._limits = limits
        self._topics = topics
        self._publisher = publisher
        self._timers = timers
        self._clock = clock
        self._players: dict[str, Player] = {}
        self._graces: dict[str, Timer] = {}
        publisher.happened.subscribe(self._happened)

    def __iter__(self) -> Iterator[Player]:
        """All players."""
        return iter(tuple(self._players.values()))

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
            if player.owner_user_id != principal.sub and not principal.is_admin:
                raise PermissionDenied("This player_id belongs to somebody else")
            return player
        if sum(player.owner_user_id == principal.sub for player in self) >= self._limits.current.max_players_per_user:
            raise Unavailable(f"A user has at most {self._limits.current.max_players_per_user} players", again=False)
        if len(self._players) >= self._limits.current.max_players:
            raise Unavailable(f"This hub takes at most {self._limits.current.max_players} players", again=False)
        return self.add(player_id, client.name, principal.sub, client.version)

    def add(self, player_id: str, name: str, owner_user_id: str, version: str | None = None) -> Player:
        """A new player, not here yet."""
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
        """A player is here. One that `resumed` may have played on all the time."""
        if (grace := self._graces.pop(player.player_id, None)) is not None:
            grace.cancel()
        if player.client_id is not None and not player.available:
            _LOGGER.info("%s is here again", player.name)
        player.mark_connected(client_id, client, resumed=resumed)
        if player.room is not None:
            player.active_playback.resume_suspended(self._clock.now_us())
        elif resumed:
            player.active_playback.undo_suspend()
        self.publish_change(player)

    def mark_disconnected(self, player: Player) -> None:
        """A player's connection is gone; it may come back before anybody need know."""
        player.mark_disconnected()
        due_us = self._clock.now_us() + int(self._limits.current.availability_grace * 1e6)
        self._graces[player.player_id] = self._timers.at(due_us, self._unavailable, player, due_us)

    def remove(self, player_id: str) -> None:
        """Forget a player."""
        player = self.get(player_id)
        player.solo_playback.stop(self._clock.now_us())
        del self._players[player_id]
        self._publisher.remove(player)
        if (timer := self._graces.pop(player_id, None)) is not None:
            timer.cancel()
        self.removed.emit(player)
        self.publish_list()

    def publish_change(self, player: Player) -> None:
        """Something that the list of players shows has changed."""
        self.publish_list()
        self.changed.emit(player)

    def publish_list(self) -> None:
        """The list of players to those who follow it."""
        self._topics.publish("players", self._list())

    def _unavailable(self, player: Player, now_us: int) -> None:
        self._graces.pop(player.player_id, None)
        if player.available:
            _LOGGER.info("%s is unavailable", player.name)
        player.available = False
        lost_us = now_us - int(self._limits.current.availability_grace * 1e6)
        if not player.active_playback.members.connected():
            player.active_playback.suspend(lost_us)
        self.publish_change(player)

    # ------------------------------------------------------------ what players do

    def set_volume(
        self, player: Player, volume: float | None, muted: bool | None, *, publish_room: bool = True
    ) -> None:
        """How loud a player is; None leaves it. `alone`: its room is told, too."""
        if volume is not None:
            player.volume = volume
        if muted is not None:
            player.muted = muted
        message = player.volume_update()
        self._topics.publish(f"play:{player.player_id}", message)
        self._topics.publish(player.topic, message)
        self._topics.publish(player.topic, player.status())
        if publish_room and player.room is not None:
            self._topics.publish(player.room.topic, player.room.status())
        self.changed.emit(player)

    @override
    def set_entity_id(self, context: Player, entity_id: str | None) -> None:
        super().set_entity_id(context, entity_id)
        self.publish_list()

    def set_player_delay(self, player: Player, milliseconds: float) -> None:
        """How late its loudspeakers sound."""
        player.output_delay_ms = milliseconds
        self._publisher.publish_instructions(player)
        self.publish_change(player)

    def report(self, player: Player, report: PlayerReport) -> None:
        """What a player says it does."""
        now_us = self._clock.now_us()
        # A clock that isn't in step yet may not move the timeline into the future.
        report = msgspec.structs.replace(report, at_us=min(report.at_us, now_us + MAX_AHEAD_US))
        if report.state == "playing" and player.output_delay_ms:
            heard = max(0.0, report.position_seconds - player.output_delay_ms / 1000)
            report = msgspec.structs.replace(report, position_seconds=heard)
        before, playback = player.report, player.active_playback
        player.apply_report(report)
        if report.volume is not None or report.muted is not None:
            self.set_volume(player, report.volume, report.muted)
        left: ItemState
        match report.state:
            case "idle":
                following, left = playback.handle_ended(report.queue_item_id, now_us), "played"
            case "error":
                following, left = playback.handle_failed(report.queue_item_id, now_us), "skipped"
            case _:
                following, left = None, "played"
                if report.state == "playing" and playback.is_current(report.queue_item_id):
                    player.lagging = False
                playback.apply_report(report)
        if following is not None:
            self._publisher.start(playback, following, left)
        self.reported.emit(player)
        if before is None or before.needs_interaction != report.needs_interaction:
            self.changed.emit(player)

    # ------------------------------------------------------------ what the others hear

    def register_topics(self, catalog: TopicCatalog) -> None:
        """Say where snapshots of players come from."""
        catalog.provide("players", lambda _id, _viewer: [self._list()])
        catalog.provide("player", lambda player_id, _viewer: self._snapshot(player_id), lambda: self._players)
        catalog.provide("play", lambda player_id, _viewer: self._play_states(player_id))

    def _list(self) -> PlayerList:
        return PlayerList(players=tuple(player.info() for player in self))

    def _snapshot(self, player_id: str) -> list[TopicMessage]:
        if (player := self.find(player_id)) is None:
            return []
        return [player.status(), player.volume_update(), queue_snapshot(player.public_playback)]

    def _play_states(self, player_id: str) -> list[TopicMessage]:
        player = self.find(player_id)
        return [] if player is None else self._publisher.instructions(player)

    def _happened(self, context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, StatusChanged | QueueChanged):
            for player in context.renderers:
                self.changed.emit(player)
