"""A spoken command: the user who speaks, the players and rooms that it is about, and its answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant

from ..commands import async_execute, async_principal
from ..contexts import PlayerOrRoom
from ..engine.api import (
    Album,
    Artist,
    Genre,
    LibraryItem,
    LibraryTrack,
    Playlist,
    Podcast,
    Principal,
    Request,
    Station,
    Track,
)
from ..models import MoosicBoxData
from .language import Language
from .memory import Remembered
from .targets import VoiceTargets, best_of, only


class SpokenAnswer(Exception):
    """Ends a command with an answer."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRequest:
    """A command with all that its handler needs."""

    hass: HomeAssistant
    data: MoosicBoxData
    targets: VoiceTargets
    language: Language
    slots: Mapping[str, str]
    user_id: str | None
    """The user who speaks; None for a satellite without a user, which has the rights of the hub."""
    area_id: str | None
    """The area of the satellite."""
    memory: Remembered

    # ------------------------------------------------------------ players and rooms

    def named(self) -> list[PlayerOrRoom]:
        """Return the players and rooms that the sentence names, or those of the satellite's area."""
        if (name := self.slots.get("target")) is not None:
            return self.targets.named(name)
        return [] if self.area_id is None else self.targets.in_area(self.area_id)

    def one(self) -> PlayerOrRoom:
        """Return the one that is named, is here, plays, or is the only one. Raise SpokenAnswer if that isn't clear."""
        if (found := self.targets.choose(self.named())) is None:
            raise self.unclear()
        return found

    def playing(self) -> PlayerOrRoom:
        """Return the one with a current item that is named, is here, or plays. Raise SpokenAnswer if there is none."""
        found = best_of(self.named()) or only(self.targets.playing())
        if found is None and self.targets.playing():
            raise self.unclear()
        if found is None or found.active_playback.current is None:
            raise SpokenAnswer(self.say("nothing_playing"))
        return found

    def unclear(self) -> SpokenAnswer:
        """Return the answer that asks for a player."""
        names = [context.name for context in self.targets.contexts.values()]
        return SpokenAnswer(self.say("which", where=names[0]) if names else self.say("no_players"))

    # ------------------------------------------------------------ commands

    async def execute[R](self, request: Request[R]) -> R:
        """Execute a request with the rights of the user. Raise HomeAssistantError."""
        return await async_execute(self.hass, self.data, request, self.user_id)

    async def principal(self) -> Principal:
        """Return the principal of the user."""
        return await async_principal(self.hass, self.data, self.user_id)

    # ------------------------------------------------------------ answers

    def say(self, answer: str, **values: object) -> str:
        """Return an answer in the language of the sentence."""
        return self.language.answers[answer].format(**values)

    def track(self, track: Track) -> str:
        """Return the name of a track with its artist."""
        return self.say("track", title=track.title, artist=track.artist) if track.artist else track.title

    def item(self, item: LibraryItem) -> str:
        """Return the name of an item of the library."""
        match item:
            case LibraryTrack() | Album() if item.artist:
                return self.say("track", title=item.title, artist=item.artist)
            case LibraryTrack() | Album() | Podcast():
                return item.title
            case Artist() | Genre() | Playlist() | Station():
                return item.name

    def names(self, contexts: Iterable[PlayerOrRoom]) -> str:
        """Return the names of players and rooms as a list."""
        *first, last = [context.name for context in contexts]
        return f"{', '.join(first)} {self.say('and')} {last}" if first else last

    def with_remark(self, context: PlayerOrRoom, answer: str) -> str:
        """Return an answer, with a remark if no player is connected that the music can be heard on."""
        if not context.active_playback.members.connected():
            return f"{answer} {self.say('nobody_listening', where=context.name)}"
        return answer
