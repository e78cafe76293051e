"""Players, and what players and rooms have in common, as methods.

Each command waits for the hub's answer. Besides the errors that a method names, each raises those of
`MoosicBoxClient.request`. The protocol's section: "Playback" in docs/protocol/client-messages.md.
"""

from typing import Any, ClassVar, Literal

import msgspec

from ..protocol.client import ChapterCommand, ModeCommand, PlaybackCommand, SeekCommand, VolumeCommand
from ..protocol.server import PlaybackStatus
from ..protocol.types import CurrentChapter, PlayerInfo, RepeatMode, Track
from .hub_access import HubAccess
from .queue_controls import QueueControls, TargetKind


class Controls:
    """The transport and the queue of a player or a room.

    Attributes:
        id: The player's or room's id. It may not exist yet.
        queue: Its queue.
    """

    kind: ClassVar[TargetKind]

    def __init__(self, hub: HubAccess, id_: str) -> None:
        self.id = id_
        self.queue = QueueControls(hub, self.kind, id_)
        self._hub = hub
        self._target: dict[str, Any] = {f"{self.kind}_id": id_}

    @property
    def status(self) -> PlaybackStatus | None:
        """The playback status, from the mirror; `None` while it isn't followed."""
        return self._hub.mirror.status(f"{self.kind}:{self.id}")

    @property
    def track(self) -> Track | None:
        """The current track, from the mirror, or `None`."""
        return None if self.status is None else self.status.current_track

    @property
    def position(self) -> float | None:
        """The position in the current track now, in seconds; `None` while the status isn't followed."""
        if (status := self.status) is None:
            return None
        elapsed = max(0.0, self._hub.hub_now_us() - status.anchor_us) / 1e6
        position = status.position_seconds + status.rate * elapsed
        return position if status.duration_seconds is None else min(position, status.duration_seconds)

    async def play(
        self, track_id: str | None = None, *, queue_item_id: str | None = None, start_position: float | None = None
    ) -> None:
        """Start playback, or resume it (protocol: `playback_command`).

        Args:
            track_id: A track to add behind the current item and play.
            queue_item_id: An item of the queue to play, instead of a track.
            start_position: Where to begin, in seconds.

        Raises:
            QueueItemNotFound: The item is not in the queue, or the queue is empty.
            TrackNotFound: The track doesn't exist, or three items in a row can't be found.
        """
        await self._command("play", track_id=track_id, queue_item_id=queue_item_id, start_position=start_position)

    async def pause(self) -> None:
        """Pause playback."""
        await self._command("pause")

    async def toggle(self) -> None:
        """Pause if playing, play otherwise."""
        await self._command("toggle")

    async def stop(self) -> None:
        """Stop playback: the queue and the current item stay, and the position becomes 0."""
        await self._command("stop")

    async def next(self) -> None:
        """Play the next item; at the end of the queue playback ends."""
        await self._command("next")

    async def previous(self) -> None:
        """Play the previous item; after the first 3 s of the current item, play that from its start instead."""
        await self._command("previous")

    async def seek(self, position_seconds: float) -> None:
        """Go to a position in the current item, in seconds (protocol: `seek_command`).

        Raises:
            NotSupported: The player can't seek.
        """
        await self._hub.request(SeekCommand(position_seconds=position_seconds, **self._target))

    async def seek_chapter(
        self,
        number: int | None = None,
        *,
        title: str | None = None,
        step: Literal["next", "previous"] | None = None,
    ) -> CurrentChapter:
        """Go to a chapter of the current item; return the chapter (protocol: `chapter_command`).

        Args:
            number: The chapter's number, from 1 on; or
            title: its title, or a part of it; or
            step: The next or the previous one.

        Raises:
            NotSupported: The current item has no chapters.
            InvalidMessage: There is no such chapter.
        """
        result = await self._hub.request(ChapterCommand(number=number, title=title, step=step, **self._target))
        return msgspec.convert(result["chapter"], CurrentChapter)

    async def mode(
        self,
        *,
        shuffle: bool | None = None,
        repeat: RepeatMode | None = None,
        autoplay: bool | None = None,
        speed: float | None = None,
    ) -> None:
        """Change the modes that are given (protocol: `mode_command`).

        Args:
            shuffle: Mix the items behind the current one.
            repeat: `off`, `one` or `all`.
            autoplay: Let the hub add similar music at the end of the queue.
            speed: Of episodes and audiobooks, from 0.5 to 3.

        Raises:
            NotSupported: A room, or a player that can't, is asked for another speed than 1.
        """
        modes = ModeCommand(shuffle=shuffle, repeat=repeat, autoplay=autoplay, speed=speed, **self._target)
        await self._hub.request(modes)

    async def _command(self, command: Any, **fields: Any) -> None:
        await self._hub.request(PlaybackCommand(command=command, **self._target, **fields))


class PlayerControls(Controls):
    """One player. Commands raise `PlayerNotFound` if it doesn't exist, and act on its room if it is in one."""

    kind = "player"

    @property
    def info(self) -> PlayerInfo | None:
        """The player in the list of players, from the mirror; `None` if it isn't there."""
        return self._hub.mirror.players.get(self.id)

    async def volume(self, volume: float | None = None, *, muted: bool | None = None) -> None:
        """Set the volume, the muting, or both (protocol: `volume_command`).

        Args:
            volume: 0.0 to 1.0; `None` keeps it.
            muted: `True` mutes; `None` changes nothing.
        """
        await self._hub.request(VolumeCommand(volume=volume, muted=muted, **self._target))
