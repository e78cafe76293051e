"""A room: people who listen together, what each of them may do, and what it plays. No I/O; time comes in."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Self

from msgspec import UNSET, UnsetType

from ..access.rights import Principal
from ..playback.events import PlaybackEvent
from ..playback.loudness import mean_volume
from ..playback.playback import Playback
from ..playback.player import Player
from ..playback.render import playback_status
from ..protocol.errors import NotSupported, PermissionDenied, RoomFull
from ..protocol.server import ChatLine, PlaybackStatus, RoomState
from ..protocol.types import Participant as ParticipantInfo, Record, RoomControl, RoomInfo, RoomRole, RoomWait
from ..sessions.session import ClientKey
from ..timers import Timer
from .rights import ALL_RIGHTS, RoomRight, rights_of

CHAT_LINES: Final = 50
"""What somebody who comes sees of the talk."""
WAIT_US: Final[dict[RoomWait, int | None]] = {"none": 0, "bounded": 3_000_000, "all": None}
MAX_ROLES: Final = 1_000
MAX_BANNED: Final = 1_000
GUEST: Final = "guest:"
"""How the subs of invited guests begin."""


class RoomSettings(Record, frozen=True, kw_only=True):
    """What the host can choose."""

    name: str
    description: str | None = None
    max_participants: int = 20
    is_public: bool = True
    control: RoomControl = "host"
    wait: RoomWait = "bounded"


@dataclass(slots=True)
class Participant:
    """A client in a room, perhaps with a player."""

    client_id: str
    key: ClientKey
    username: str
    joined_at: str
    player: Player | None
    away: bool = False
    """Whether its connection is lost; it may come back."""
    leaving: Timer | None = None
    """When it has been away for too long."""

    @property
    def user_id(self) -> str:
        """Whose client it is."""
        return self.key[0]


class Room:
    """One room. `own` is what it plays."""

    def __init__(
        self,
        room_id: str,
        settings: RoomSettings,
        epoch: str,
        max_queue_items: int,
        emit: Callable[[Self, PlaybackEvent], None],
    ) -> None:
        """An empty room without a host."""
        self.room_id: str = room_id
        self.host_user_id: str | None = None
        self.entity_id: str | None = None
        self.outputs: dict[str, float] = {}
        """Other speakers of the house that play along, by what it calls them, and how many milliseconds late each sounds."""
        self.is_group = False
        """Whether it is there to join players of the household, and only as long as it does."""
        self.participants: dict[str, Participant] = {}
        """By client id, in the order of their coming."""
        self._clients: Counter[str] = Counter()
        """How many clients each user has here."""
        self.host_gone = False
        """Whether the host left it empty: then who comes next is the host."""
        self.roles: dict[str, RoomRole] = {}
        """By user id, of those who were given one."""
        self.banned: dict[str, None] = {}
        self.missing: dict[ClientKey, int] = {}
        """Clients who may come back into the room by themselves, until a time of the hub's clock."""
        self.chat: deque[ChatLine] = deque(maxlen=CHAT_LINES)
        self.votes: set[str] = set()
        """Users who want to skip the current item."""
        self.playback = Playback(epoch, max_queue_items, lambda: self.renderers, lambda event: emit(self, event))
        self.settings = settings
        self.configure(settings)

    def configure(self, settings: RoomSettings) -> None:
        """Other settings."""
        self.settings = settings
        self.playback.max_wait_us = WAIT_US[settings.wait]

    # ------------------------------------------------------------ what it is

    @property
    def name(self) -> str:
        """What people call it."""
        return self.settings.name

    @property
    def topic(self) -> str:
        """Where others hear of it."""
        return f"room:{self.room_id}"

    @property
    def is_public(self) -> bool:
        """Whether everybody may know of it."""
        return self.settings.is_public

    @property
    def active_playback(self) -> Playback:
        """The playback that its players render: always its own."""
        return self.playback

    @property
    def renderers(self) -> Sequence[Player]:
        """Its players, in the order of their coming."""
        return [member.player for member in self.participants.values() if member.player is not None]

    @property
    def volume(self) -> float:
        """How loud its players are together."""
        return mean_volume([player.volume for player in self.renderers])

    @property
    def muted(self) -> bool:
        """Whether all of its players are muted."""
        players = self.renderers
        return bool(players) and all(player.muted for player in players)

    def require_capability(self, capability: str) -> None:
        """NotSupported if there are players, and none of them can do that."""
        players = self.renderers
        if players and not any(player.has_capability(capability) for player in players):
            raise NotSupported(f"No player in {self.name} can do that: none declared {capability!r}")

    def status(self) -> PlaybackStatus:
        """What it plays and how."""
        return playback_status(self.playback, self.volume, muted=self.muted, room_id=self.room_id)

    def info(self) -> RoomInfo:
        """The room in a list of rooms."""
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
        """All about it."""
        settings, current = self.settings, self.playback.current
        return RoomState(
            room_id=self.room_id,
            name=settings.name,
            description=settings.description,
            max_participants=settings.max_participants,
            is_public=settings.is_public,
            control=settings.control,
            wait=settings.wait,
            participants=tuple(self._participant_info(member) for member in self.participants.values()),
            host_user_id=self.host_user_id,
            current_track=current.track if current else None,
            playback=self.status(),
            queue=self.playback.queue.page(),
            chat=tuple(self.chat),
        )

    # ------------------------------------------------------------ who may what

    def role(self, user_id: str) -> RoomRole:
        """A user's role."""
        return "host" if user_id == self.host_user_id else self.roles.get(user_id, "guest")

    @property
    def users(self) -> Collection[str]:
        """The users who take part."""
        return self._clients.keys()

    def has_user(self, user_id: str) -> bool:
        """Whether a user takes part."""
        return user_id in self._clients

    def participant_of(self, player: Player) -> Participant | None:
        """A player's place."""
        return next((member for member in self.participants.values() if member.player is player), None)

    def add_participant(self, participant: Participant) -> None:
        """Somebody is in."""
        self.participants[participant.client_id] = participant
        self._clients[participant.user_id] += 1

    def discard_participant(self, participant: Participant) -> None:
        """Somebody is out."""
        del self.participants[participant.client_id]
        self._clients[participant.user_id] -= 1
        if not self._clients[participant.user_id]:
            del self._clients[participant.user_id]

    def move_participant(self, participant: Participant, client_id: str, key: ClientKey) -> None:
        """The same one is back as another client: in the old place, for who was there longest is heir to the host."""
        members = list(self.participants.values())
        self.discard_participant(participant)
        participant.client_id, participant.key, participant.away = client_id, key, False
        self.participants = {member.client_id: member for member in members}
        self._clients[participant.user_id] += 1

    def rights(self, principal: Principal) -> frozenset[RoomRight]:
        """What somebody may do here. Who isn't in the room may do nothing, but for administrators and groups."""
        sub = principal.sub
        if principal.is_admin:
            return ALL_RIGHTS
        if not self.visible_to(principal):
            return frozenset()
        if self.has_user(sub) or sub == self.host_user_id:
            return rights_of(self.role(sub), self.settings.control)
        if self.settings.control == "everyone" and principal.may("control") and principal.rooms is None:
            # Players that were put together stay the household's.
            role = self.roles.get(sub, "dj" if self.is_group else "guest")
            return rights_of(role, "everyone") - {"chat"}
        return frozenset()

    def require_right(self, principal: Principal, right: RoomRight) -> None:
        """PermissionDenied unless somebody has a right here."""
        if right not in self.rights(principal):
            raise PermissionDenied(f"In {self.name} this needs the right {right!r}")

    def visible_to(self, principal: Principal) -> bool:
        """Whether somebody may know of this room and hear it."""
        sub = principal.sub
        if principal.is_admin:
            return True
        if not principal.may("listen") or sub in self.banned:
            return False
        if principal.rooms is not None and self.room_id not in principal.rooms:
            return False
        if not sub.startswith(GUEST) and (self.settings.is_public or principal.rooms is not None):
            return True
        # An invite is for this very room, not for another one of its name.
        return sub in self.roles or sub == self.host_user_id or self.has_user(sub)

    def require_capacity(self) -> None:
        """RoomFull if nobody more may come in."""
        if len(self.participants) >= (most := self.settings.max_participants):
            raise RoomFull(f"{self.name} has places for {most}")

    def set_role(self, user_id: str, role: RoomRole) -> None:
        """Remember a user's role."""
        self.roles.pop(user_id, None)
        self.roles[user_id] = role
        if len(self.roles) > MAX_ROLES:
            absent = next((known for known in self.roles if not self.has_user(known)), None)
            if absent is not None:
                del self.roles[absent]

    def ban(self, user_id: str) -> None:
        """Let a user in no more."""
        self.roles.pop(user_id, None)
        self.banned[user_id] = None
        if len(self.banned) > MAX_BANNED:
            del self.banned[next(iter(self.banned))]

    # ------------------------------------------------------------ votes

    @property
    def votes_needed(self) -> int:
        """More than half of the users who are here."""
        present = {member.user_id for member in self.participants.values() if not member.away}
        return len(present) // 2 + 1

    def require_vote_right(self, principal: Principal) -> None:
        """PermissionDenied unless somebody may vote to skip."""
        if not self.has_user(principal.sub):
            raise PermissionDenied(f"Join {self.name} to vote")
        if self.settings.control != "votes" or self.role(principal.sub) == "listener":
            self.require_right(principal, "playback.skip")

    # ------------------------------------------------------------ inside

    def _participant_info(self, member: Participant) -> ParticipantInfo:
        player, current = member.player, self.playback.current
        player_id: str | UnsetType = UNSET if player is None else player.player_id
        ready = player is None or current is None or player.is_ready(current.queue_item_id)
        report = None if player is None else player.report
        return ParticipantInfo(
            user_id=member.user_id,
            username=member.username,
            client_id=member.client_id,
            player_id=player_id,
            role=self.role(member.user_id),
            ready=ready and not member.away,
            lagging=player is not None and player.lagging,
            joined_at=member.joined_at,
            sync_error_ms=UNSET if report is None or report.sync_error_ms is None else report.sync_error_ms,
        )
