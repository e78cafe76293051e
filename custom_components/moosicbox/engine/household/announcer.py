"""Announcements to players and rooms, with a chime, that may be repeated until they are acknowledged."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
import logging
import secrets
from typing import Final, Literal

from ..access.rights import Principal
from ..background import Spawn
from ..clock import Clock, iso_from_unix
from ..playback.media import Media
from ..playback.media_resolver import MediaResolver
from ..playback.players import Players
from ..protocol.errors import HubError, InvalidMessage, NotSupported, Sentence, Unavailable
from ..protocol.household import Announce, AnnouncementInfo
from ..protocol.results import AnnounceResult
from ..protocol.types import Record
from ..rooms.announcements import Announcement, Announcements
from ..rooms.rooms import Rooms
from ..sessions.session import Actor
from ..signals import Signal
from ..timers import Timer, Timers
from .announcement_targets import AnnouncementTargetFinder
from .rules import Rules

_LOGGER = logging.getLogger(__name__)

MAX_REPEATED: Final = 20
"""Announcements that are repeated at the same time."""

type Speech = Callable[[Announce], Awaitable[str]]
"""Returns the `media_content_id` of a spoken message. Raises HubError."""
type AnnouncementEvent = Literal["announced", "acknowledged", "unanswered"]


class SavedAnnouncement(Record, frozen=True, kw_only=True):
    """An announcement that is repeated, as it survives a restart. The time is in Unix seconds."""

    announcement_id: str
    request: Announce
    media_content_id: str
    next_at: float
    repeats_left: int


@dataclass(slots=True, eq=False)
class _Repeated:
    announcement_id: str
    request: Announce
    media_content_id: str
    next_at: float
    repeats_left: int
    timer: Timer | None = None
    current: Announcement | None = None
    """The announcement as it was made last."""

    def info(self) -> AnnouncementInfo:
        return AnnouncementInfo(
            announcement_id=self.announcement_id,
            text=self.request.message or self.media_content_id,
            next_at=iso_from_unix(self.next_at),
            repeats_left=self.repeats_left,
        )


class Announcer:
    """Makes announcements, and holds those that are repeated by their id."""

    def __init__(
        self,
        *,
        announcements: Announcements,
        players: Players,
        rooms: Rooms,
        rules: Rules,
        media_resolver: MediaResolver,
        timers: Timers,
        clock: Clock,
        system: Principal,
        spawn: Spawn,
    ) -> None:
        self.changed: Signal[()] = Signal()
        self.happened: Signal[str, str, AnnouncementEvent, str | None] = Signal()
        """An announcement was made or acknowledged, or wasn't acknowledged: its id and text, the event, the user's name."""
        self.targets = AnnouncementTargetFinder(announcements, players, rooms, rules)
        self._announcements = announcements
        self._media_resolver = media_resolver
        self._timers = timers
        self._clock = clock
        self._system = system
        self._spawn = spawn
        self._speech: Speech | None = None
        self._chime: Media | None = None
        self._repeated: dict[str, _Repeated] = {}

    def connect_host(self, speech: Speech, chime: Media) -> None:
        """Use the host's text-to-speech engines, and `chime` as the sound before announcements."""
        self._speech, self._chime = speech, chime

    def __iter__(self) -> Iterator[AnnouncementInfo]:
        """Iterate over the announcements that are repeated."""
        return iter([repeated.info() for repeated in self._repeated.values()])

    # ------------------------------------------------------------ commands

    async def announce(self, actor: Actor, request: Announce) -> AnnounceResult:
        """Make an announcement on those of the addressed players that can make one now.

        Raises:
            InvalidMessage: If the message or media, or the players are missing.
            HubError: If no player can make it; the error of the first one.
            NotSupported: If this hub can't speak.
            TrackNotFound: If there is no such media.
            Unavailable: If too many announcements are repeated.

        """
        if (request.message is None) == (request.media_content_id is None):
            raise InvalidMessage("An announcement has a message or media_content_id", ["message"])
        if not (request.player_ids or request.room_ids or request.everybody_awake):
            raise InvalidMessage("An announcement needs players, rooms, or everybody_awake", ["player_ids"])
        self._require_place(request)
        self.targets.find(actor.principal, request)
        media_content_id = await self._media_content_id(request)
        media = await self._media_resolver.resolve(media_content_id, actor.principal)
        # The place may have been taken meanwhile.
        self._require_place(request)
        principal = actor.principal
        announcement_id = secrets.token_hex(8)
        announcement, result = self._make(principal, request, media, announcement_id)
        if request.repeat_seconds is not None:
            repeated = _Repeated(announcement_id, request, media_content_id, 0.0, request.max_repeats)
            repeated.current = announcement
            self._repeated[announcement_id] = repeated
            self._schedule(repeated, self._now() + request.repeat_seconds)
            self.changed.emit()
        self.happened.emit(announcement_id, request.message or media_content_id, "announced", principal.name)
        return result

    def acknowledge(self, announcement_id: str | None, principal: Principal) -> None:
        """End an announcement that is repeated, or all; do nothing if there is none."""
        for repeated in tuple(self._repeated.values()):
            if announcement_id in (None, repeated.announcement_id):
                if repeated.current is not None:
                    self._announcements.cancel(repeated.current)
                self._end(repeated, "acknowledged", principal.name)

    def _require_place(self, request: Announce) -> None:
        if request.repeat_seconds is not None and len(self._repeated) >= MAX_REPEATED:
            raise Unavailable(
                Sentence("too_many_repeated", "{most} announcements wait to be acknowledged already", most=MAX_REPEATED)
            )

    async def _media_content_id(self, request: Announce) -> str:
        if request.media_content_id is not None:
            return request.media_content_id
        if self._speech is None:
            raise NotSupported("This hub can't speak; announce media")
        return await self._speech(request)

    # ------------------------------------------------------------ state that survives

    def capture(self) -> tuple[SavedAnnouncement, ...]:
        """Return the announcements that are repeated, to be restored after a restart."""
        return tuple(
            SavedAnnouncement(
                announcement_id=each.announcement_id,
                request=each.request,
                media_content_id=each.media_content_id,
                next_at=each.next_at,
                repeats_left=each.repeats_left,
            )
            for each in self._repeated.values()
        )

    def start(self, saved: Iterable[SavedAnnouncement]) -> None:
        """Continue to repeat announcements after a restart."""
        for each in saved:
            repeated = _Repeated(
                each.announcement_id, each.request, each.media_content_id, each.next_at, each.repeats_left
            )
            self._repeated[each.announcement_id] = repeated
            self._schedule(repeated, each.next_at)

    # ------------------------------------------------------------ repetition

    def _schedule(self, repeated: _Repeated, at: float) -> None:
        repeated.next_at = at
        due_us = self._clock.now_us() + max(0, round((at - self._now()) * 1e6))
        repeated.timer = self._timers.at(due_us, self._repeat, repeated)

    def _repeat(self, repeated: _Repeated) -> None:
        if repeated.repeats_left <= 0:
            self._end(repeated, "unanswered", None)
            return
        repeated.repeats_left -= 1
        self._schedule(repeated, self._now() + (repeated.request.repeat_seconds or 0.0))
        if repeated.current is None or repeated.current.over:
            self._spawn(self._make_again(repeated))
        self.changed.emit()

    async def _make_again(self, repeated: _Repeated) -> None:
        # The principal was authorised when the announcement was made first; the repetitions are the system's.
        try:
            media = await self._media_resolver.resolve(repeated.media_content_id, self._system)
        except HubError as error:
            _LOGGER.warning("An announcement isn't repeated, because its media isn't found: %s", error)
            return
        if self._repeated.get(repeated.announcement_id) is repeated:
            with suppress(HubError):
                made = self._make(self._system, repeated.request, media, repeated.announcement_id)
                repeated.current = made[0]

    def _end(self, repeated: _Repeated, event: AnnouncementEvent, user: str | None) -> None:
        del self._repeated[repeated.announcement_id]
        if repeated.timer is not None:
            repeated.timer.cancel()
        info = repeated.info()
        self.happened.emit(info.announcement_id, info.text, event, user)
        self.changed.emit()

    # ------------------------------------------------------------ players

    def _make(
        self, principal: Principal, request: Announce, media: Media, announcement_id: str
    ) -> tuple[Announcement, AnnounceResult]:
        targets, players, refused = self.targets.find(principal, request)
        sounds = [media]
        if request.chime and self._chime is not None:
            self._media_resolver.remember(self._chime)
            sounds.insert(0, self._chime)
        announcement = self._announcements.add(
            sounds, targets, players, principal, priority=request.priority, volume=request.volume
        )
        return announcement, {
            "announcement_id": announcement_id,
            "players": [player.player_id for player in players],
            "refused": refused,
        }

    def _now(self) -> float:
        return self._clock.utc().timestamp()
