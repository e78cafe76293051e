"""Commands to players and rooms: playback, position, volume, modes."""

from collections.abc import Coroutine
from typing import Any

from ..hub import Hub
from ..playback.chapters import chapter_index
from ..playback.player import PlaybackContext, Player
from ..playback.render import numbered
from ..protocol.client import ChapterCommand, ModeCommand, PlaybackCommand, SeekCommand, VolumeCommand
from ..protocol.errors import InvalidMessage, NotSupported, QueueItemNotFound, Sentence
from ..protocol.results import ChapterResult
from ..rooms.room import Room
from ..rooms.targets import Target
from ..sessions.session import Actor


class PlaybackHandlers:
    """Handles commands: finds the target, checks the right, changes its playback."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(PlaybackCommand, self.playback, "control", target_decides=True)
        hub.register(SeekCommand, self.seek, "control", target_decides=True)
        hub.register(ChapterCommand, self.chapter, "control", target_decides=True)
        hub.register(VolumeCommand, self.volume, "control", target_decides=True)
        hub.register(ModeCommand, self.mode, "control", target_decides=True)

    def playback(self, actor: Actor, message: PlaybackCommand) -> Coroutine[Any, Any, None] | None:
        """Execute a playback command; a coroutine is returned if media may have to be resolved first."""
        target = self.hub.targets.playback_target(actor, message.player_id, message.room_id)
        playback = target.playback
        now_us = self.hub.clock.now_us()
        command = message.command
        target.require_right("playback.skip" if command == "next" else "playback.control")
        if command == "toggle":
            command = "pause" if playback.timeline.state in ("playing", "buffering") else "play"
        if command in ("play", "next", "previous"):
            self.hub.household.rules.require_playing(target.context)
        match command:
            case "pause":
                target.context.require_capability("pause")
                playback.pause(now_us)
            case "stop":
                playback.stop(now_us)
            case "play":
                return self._play(actor, target, message)
            case "next":
                return self.hub.media_resolver.skip(playback)
            case "previous":
                if (item := playback.predecessor(now_us)) is None:
                    raise QueueItemNotFound(Sentence("queue_empty", "The queue is empty"))
                return self.hub.media_resolver.start(playback, item, 0.0)
        return None

    def seek(self, actor: Actor, message: SeekCommand) -> None:
        """Move to another position in the current item."""
        target = self.hub.targets.playback_target(actor, message.player_id, message.room_id)
        target.require_right("playback.control")
        target.context.require_capability("seek")
        target.playback.seek(self.hub.clock.now_us(), message.position_seconds)

    async def chapter(self, actor: Actor, message: ChapterCommand) -> ChapterResult:
        """Go to a chapter of the current item; return the chapter."""
        target = self.hub.targets.playback_target(actor, message.player_id, message.room_id)
        target.require_right("playback.control")
        target.context.require_capability("seek")
        playback = target.playback
        if (playing := self.hub.playing_chapters) is None:
            raise NotSupported("This hub has no library")
        chapters = await playing.require(playback)
        target.require_right("playback.control")
        now_us = self.hub.clock.now_us()
        position = playback.timeline.position_at(now_us)
        index = chapter_index(
            chapters, playback.find_chapter(position), position, message.number, message.title, message.step
        )
        playback.seek(now_us, chapters[index].start)
        return {"chapter": numbered(chapters, index)}

    def volume(self, actor: Actor, message: VolumeCommand) -> None:
        """Change volume, mute or output delay."""
        if message.volume is None and message.muted is None and message.output_delay_ms is None:
            raise InvalidMessage("One of volume, muted and output_delay_ms is required", ["volume"])
        context = self.hub.targets.volume_target(actor, message.player_id, message.room_id)
        if message.volume is not None:
            # In a room, each player keeps below its own cap.
            if not isinstance(context, Room):
                self.hub.household.rules.require_volume(context, message.volume)
            context.require_capability("volume")
        if message.muted is not None:
            context.require_capability("mute")
        if isinstance(context, Room):
            if message.output_delay_ms is not None:
                raise InvalidMessage("Output delays belong to players: name a player_id", ["output_delay_ms"])
            self.hub.rooms.set_volume(context, message.volume, message.muted)
            return
        if message.volume is not None or message.muted is not None:
            self.hub.players.set_volume(context, message.volume, message.muted)
        if message.output_delay_ms is not None:
            self.hub.players.set_player_delay(context, message.output_delay_ms)

    def mode(self, actor: Actor, message: ModeCommand) -> None:
        """Change shuffle, repeat, autoplay or speed."""
        target = self.hub.targets.playback_target(actor, message.player_id, message.room_id)
        target.require_right("playback.control")
        if message.speed is not None:
            require_speed(target.context, message.speed)
            target.playback.set_speed(message.speed, self.hub.clock.now_us())
        target.playback.set_modes(shuffle=message.shuffle, repeat=message.repeat, autoplay=message.autoplay)

    async def _play(self, actor: Actor, target: Target, message: PlaybackCommand) -> None:
        playback = target.playback
        if message.track_id is not None:
            target.require_right("queue.add")
            media = await self.hub.media_resolver.resolve_track(message.track_id, actor.principal)
            target.require_right("queue.add")
            target.require_right("playback.control")
            self.hub.household.rules.require_playing(target.context)
            target.require_media_right(media)
            self.hub.household.rules.require_tracks(target.context, [media.track])
            item = target.new_item(media.track, self.hub.clock.timestamp())
            playback.queue.add([item], "next")
            await self.hub.media_resolver.start(playback, item, message.start_position, previous_state="skipped")
        elif message.queue_item_id is not None:
            item = playback.queue.get(message.queue_item_id)
            await self.hub.media_resolver.start(playback, item, message.start_position, previous_state="skipped")
        elif (item_ := playback.current or playback.queue.first()) is None:
            raise QueueItemNotFound(Sentence("queue_empty", "The queue is empty"))
        elif message.start_position is not None:
            await self.hub.media_resolver.start(playback, item_, message.start_position)
        elif not playback.timeline.playing:
            await self.hub.media_resolver.start(playback, item_, playback.timeline.position or None)


def require_speed(context: PlaybackContext, speed: float) -> None:
    """Raise NotSupported if a player or room can't play at a speed."""
    if speed == 1:
        return
    if not isinstance(context, Player) or context.outputs:
        raise NotSupported(
            Sentence("speed_together", "{name} plays in time on several devices, at one speed only", name=context.name)
        )
    if not context.changes_speed:
        raise NotSupported(
            Sentence("no_speed", "{player} can't play at another speed: it has not declared that", player=context.name)
        )
