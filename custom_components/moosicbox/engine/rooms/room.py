"""A room: people who listen together, their rights, and the room's playback."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Self

from msgspec import UNSET, UnsetType

from ..access.rights import GUEST_PREFIX, Principal
from ..playback.events import PlaybackEvent
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.render import playback_status
from ..playback.volumes import mean_volume
from ..protocol.errors import NotSupported, PermissionDenied, RoomFull, Sentence
from ..protocol.server import ChatLine, PlaybackStatus, RoomState, RoomVolumes
from ..protocol.types import (
    Participant as ParticipantInfo,
    PlayerVolume,
    Record,
    RoomControl,
    RoomInfo,
    RoomRole,
    RoomWait,
)
from ..sessions.session import ClientKey
from ..timers import Timer
from .rights import ALL_RIGHTS, RoomRight, rights_of

MAX_CHAT_LINES: Final = 50
"""Lines of chat that are kept, for new participants."""
MAX_WAIT_US: Final[dict[RoomWait, int | None]] = {"none": 0, "bounded": 3_000_000, "all": None}
"""How long a start waits for players that aren't ready; `None` means forever."""
MAX_ROLES: Final = 1_000
MAX_BANNED: Final = 1_000


class GuestToken(Record, frozen=True, kw_only=True):
    """The record of a token that was issued to a guest, without the token itself. Times are Unix seconds."""

    jti: str
    name: str
    issued_at: float
    expires_at: float


class RoomSettings(Record, frozen=True, kw_only=True):
    """The settings that the host can change."""

    name: str
    description: str | None = None
    max_participants: int = 20
    is_public: bool = True
    control: RoomControl = "host"
    wait: RoomWait = "bounded"


@dataclass(slots=True)
class Participant:
    """A client in a room."""

    client_id: str
    key: ClientKey
    """Identifies the client beyond its session."""
    username: str
    joined_at: str
    player: Player | None
    away: bool = False
    """True if its connection is lost. It may return."""
    removal: Timer | None = None
    """The timer that removes it if it doesn't return."""

    @property
    def user_id(self) -> str:
        """The id of its user."""
        return self.key[0]

    @property
    def is_guest(self) -> bool:
        """True if it was admitted by an invite and has no account."""
        return self.user_id.startswith(GUEST_PREFIX)


class Room:
    """A room."""

    def __init__(
        self,
        room_id: str,
        settings: RoomSettings,
        epoch: str,
        max_queue_items: int,
        emit: Callable[[Self, PlaybackEvent], None],
    ) -> None:
        """Set up an empty room without a host.

        Args:
            room_id: Its id.
            settings: Its settings.
            epoch: The epoch of its queue's revisions.
            max_queue_items: The bound of its queue.
            emit: Called with each event of its playback.

        """
        self.room_id: str = room_id
        self.host_user_id: str | None = None
        self.awaits_host = False
        """True if the host was the last to leave: the next participant then becomes the host."""
        self.entity_id: str | None = None
        self.outputs: dict[str, float] = {}
        self.is_group = False
        """True if the room is a group of players, which is closed once it has fewer than two."""
        self.participants: dict[str, Participant] = {}
        """By client id, in the order in which they joined."""
        self._clients_by_user: Counter[str] = Counter()
        self.roles: dict[str, RoomRole] = {}
        """The roles that were given to users, by user id."""
        self.banned: dict[str, None] = {}
        self.guests: dict[str, GuestToken] = {}
        """The tokens of invited guests, by user id."""
        self.rejoin_until: dict[ClientKey, int] = {}
        """The hub time until which a client that was removed may rejoin by itself."""
        self.chat: deque[ChatLine] = deque(maxlen=MAX_CHAT_LINES)
        self.votes: set[str] = set()
        """The users that have voted to skip the current item."""
        self.playback = Playback(epoch, max_queue_items, lambda: self.renderers, lambda event: emit(self, event))
        self.settings = settings
        self.configure(settings)

    def configure(self, settings: RoomSettings) -> None:
        """Replace the settings."""
        self.settings = settings
        self.playback.max_wait_us = MAX_WAIT_US[settings.wait]

    # ------------------------------------------------------------ playback

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def topic(self) -> str:
        """The topic on which its state is published."""
        return f"room:{self.room_id}"

    @property
    def is_public(self) -> bool:
        """True if the room is visible to all users."""
        return self.settings.is_public

    @property
    def active_playback(self) -> Playback:
        """The playback that its players render."""
        return self.playback

    @property
    def renderers(self) -> Sequence[Player]:
        """Its players, in the order in which they joined."""
        return [participant.player for participant in self.participants.values() if participant.player is not None]

    @property
    def volume(self) -> float:
        """The mean volume of its players, leaving out those whose volume can't be set."""
        return mean_volume([player.volume for player in self.adjustable_players or self.renderers])

    @property
    def adjustable_players(self) -> Sequence[Player]:
        """Its players whose volume can be set."""
        return [player for player in self.renderers if player.has_capability("volume")]

    @property
    def muted(self) -> bool:
        """True if all of its players are muted."""
        players = self.renderers
        return bool(players) and all(player.muted for player in players)

    def require_capability(self, capability: str) -> None:
        """Raise NotSupported if none of its players has a capability."""
        players = self.renderers
        if players and not any(player.has_capability(capability) for player in players):
            raise NotSupported(
                Sentence(
                    "room_cant",
                    "No player in {room} supports this: none has declared {capability!r}",
                    room=self.name,
                    capability=capability,
                )
            )

    # ------------------------------------------------------------ messages

    def status(self) -> PlaybackStatus:
        """Return what it plays, as a message."""
        return playback_status(self.playback, self.volume, muted=self.muted, room_id=self.room_id)

    def volumes(self) -> RoomVolumes:
        """Return the volumes of its players, as a message."""
        players = {
            player.player_id: PlayerVolume(volume=player.volume, muted=player.muted) for player in self.renderers
        }
        return RoomVolumes(players=players)

    def info(self) -> RoomInfo:
        """Return its entry in the list of rooms."""
        settings = self.settings
        return RoomInfo(
            room_id=self.room_id,
            name=settings.name,
            description=settings.description,
            is_public=settings.is_public,
            participants=len(self.participants),
            max_participants=settings.max_participants,
        )

    def state(self) -> RoomState:
        """Return its complete state, as a message."""
        settings, current = self.settings, self.playback.current
        return RoomState(
            room_id=self.room_id,
            name=settings.name,
            description=settings.description,
            max_participants=settings.max_participants,
            is_public=settings.is_public,
            control=settings.control,
            wait=settings.wait,
            participants=tuple(self._participant_info(participant) for participant in self.participants.values()),
            host_user_id=self.host_user_id,
            current_track=current.track if current else None,
            playback=self.status(),
            queue=self.playback.queue.page(),
            chat=tuple(self.chat),
        )

    def _participant_info(self, participant: Participant) -> ParticipantInfo:
        player, current = participant.player, self.playback.current
        player_id: str | UnsetType = UNSET if player is None else player.player_id
        ready = player is None or current is None or player.is_ready(current.queue_item_id)
        report = None if player is None else player.report
        return ParticipantInfo(
            user_id=participant.user_id,
            username=participant.username,
            client_id=participant.client_id,
            player_id=player_id,
            role=self.role(participant.user_id),
            ready=ready and not participant.away,
            lagging=player is not None and player.lagging,
            joined_at=participant.joined_at,
            sync_error_ms=UNSET if report is None or report.sync_error_ms is None else report.sync_error_ms,
        )

    # ------------------------------------------------------------ participants

    @property
    def users(self) -> Collection[str]:
        """The ids of the users that take part."""
        return self._clients_by_user.keys()

    def has_user(self, user_id: str) -> bool:
        """Return whether a user takes part."""
        return user_id in self._clients_by_user

    @property
    def present(self) -> Sequence[Participant]:
        """The participants that aren't away, in the order in which they joined."""
        return [participant for participant in self.participants.values() if not participant.away]

    def participant_of(self, player: Player) -> Participant | None:
        """Return the participant that a player belongs to."""
        return next((participant for participant in self.participants.values() if participant.player is player), None)

    def add_participant(self, participant: Participant) -> None:
        """Add a participant."""
        self.participants[participant.client_id] = participant
        self._clients_by_user[participant.user_id] += 1

    def discard_participant(self, participant: Participant) -> None:
        """Remove a participant."""
        del self.participants[participant.client_id]
        self._clients_by_user[participant.user_id] -= 1
        if not self._clients_by_user[participant.user_id]:
            del self._clients_by_user[participant.user_id]

    def rebind_participant(self, participant: Participant, client_id: str, key: ClientKey) -> None:
        """Assign a participant to another session of the same client.

        It keeps its place in the order, by which the next host is chosen.
        """
        participants = list(self.participants.values())
        self.discard_participant(participant)
        participant.client_id, participant.key, participant.away = client_id, key, False
        self.participants = {each.client_id: each for each in participants}
        self._clients_by_user[participant.user_id] += 1

    def require_capacity(self) -> None:
        """Raise RoomFull if there is no place for another participant."""
        if len(self.participants) >= (limit := self.settings.max_participants):
            raise RoomFull(f"{self.name} takes at most {limit} participants")

    # ------------------------------------------------------------ rights

    def role(self, user_id: str) -> RoomRole:
        """Return the role of a user."""
        return "host" if user_id == self.host_user_id else self.roles.get(user_id, "guest")

    def set_role(self, user_id: str, role: RoomRole) -> None:
        """Set the role of a user. If there are too many roles, one of an absent user is dropped."""
        self.roles.pop(user_id, None)
        self.roles[user_id] = role
        if len(self.roles) > MAX_ROLES:
            absent = next((known for known in self.roles if not self.has_user(known)), None)
            if absent is not None:
                del self.roles[absent]

    def ban(self, user_id: str) -> None:
        """Ban a user. If there are too many bans, the oldest one is lifted."""
        self.roles.pop(user_id, None)
        self.guests.pop(user_id, None)
        self.banned[user_id] = None
        if len(self.banned) > MAX_BANNED:
            del self.banned[next(iter(self.banned))]

    def add_guest(self, user_id: str, token: GuestToken, now: float) -> None:
        """Record the token of a guest, and drop the records of expired ones."""
        self.guests = {known: guest for known, guest in self.guests.items() if guest.expires_at > now}
        self.guests[user_id] = token
        if len(self.guests) > MAX_ROLES:
            del self.guests[next(iter(self.guests))]

    def rights(self, principal: Principal) -> frozenset[RoomRight]:
        """Return the rights of a principal.

        A principal that doesn't take part has none, unless it is an administrator, the host, or may control a room that
        everyone controls.
        """
        user_id = principal.sub
        if principal.is_admin:
            return ALL_RIGHTS
        if not self.visible_to(principal):
            return frozenset()
        if self.has_user(user_id) or user_id == self.host_user_id:
            return rights_of(self.role(user_id), self.settings.control)
        if self.settings.control == "everyone" and principal.may("control") and principal.rooms is None:
            # Grouped players are still controlled like single ones.
            role = self.roles.get(user_id, "dj" if self.is_group else "guest")
            return rights_of(role, "everyone") - {"chat"}
        return frozenset()

    def require_right(self, principal: Principal, right: RoomRight) -> None:
        """Raise PermissionDenied if a principal lacks a right."""
        if right not in self.rights(principal):
            raise PermissionDenied(
                Sentence("right_missing", "For {room} this needs the right {right!r}", room=self.name, right=right)
            )

    def visible_to(self, principal: Principal) -> bool:
        """Return whether a principal may see the room and subscribe to it."""
        user_id = principal.sub
        if principal.is_admin:
            return True
        if not principal.may("listen") or user_id in self.banned:
            return False
        if principal.rooms is not None and self.room_id not in principal.rooms:
            return False
        if not principal.is_guest and (self.settings.is_public or principal.rooms is not None):
            return True
        # An invite admits to one room, not to a later one with the same id.
        return user_id in self.roles or user_id == self.host_user_id or self.has_user(user_id)

    # ------------------------------------------------------------ votes

    @property
    def votes_needed(self) -> int:
        """The number of votes to skip an item: more than half of the users that aren't away."""
        return len({participant.user_id for participant in self.present}) // 2 + 1

    def require_vote_right(self, principal: Principal) -> None:
        """Raise PermissionDenied if a principal may not vote."""
        if not self.has_user(principal.sub):
            raise PermissionDenied(Sentence("join_to_vote", "Join {room} to vote", room=self.name))
        if self.settings.control != "votes" or self.role(principal.sub) == "listener":
            self.require_right(principal, "playback.skip")
