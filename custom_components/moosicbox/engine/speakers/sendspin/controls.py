"""Buttons on a speaker: they act on what its player plays, alone or in a room."""

from collections.abc import Callable
from typing import Final

from aiosendspin.models.types import MediaCommand, RepeatMode
from aiosendspin.server.client import SendspinClient
from aiosendspin.server.events import GroupEvent
from aiosendspin.server.group import SendspinGroup
from aiosendspin.server.roles.controller import (
    ControllerGroupRole,
    ControllerNextEvent,
    ControllerPauseEvent,
    ControllerPlayEvent,
    ControllerPreviousEvent,
    ControllerRepeatEvent,
    ControllerSeekEvent,
    ControllerShuffleEvent,
    ControllerStopEvent,
)

from ...protocol.client import ModeCommand, PlaybackCommand, Request, SeekCommand
from ...protocol.server import PlaybackStatus

SUPPORTED: Final = [
    MediaCommand.PLAY,
    MediaCommand.PAUSE,
    MediaCommand.STOP,
    MediaCommand.NEXT,
    MediaCommand.PREVIOUS,
    MediaCommand.SEEK,
    MediaCommand.REPEAT_OFF,
    MediaCommand.REPEAT_ONE,
    MediaCommand.REPEAT_ALL,
    MediaCommand.SHUFFLE,
    MediaCommand.UNSHUFFLE,
]
"""Volume and mute are handled by the library: it sets them on the speaker, which then reports them."""


class SendspinControls:
    """Translates a speaker's commands for the hub, and the hub's state for the speaker."""

    def __init__(self, client: SendspinClient, send: Callable[[Request], None]) -> None:
        """Listen to a speaker's commands; `send` sends them to the hub in the name of its player."""
        self._group = client.group
        self._send = send
        self._unsubscribe = self._group.add_event_listener(self._handle)
        if (role := self._role) is not None:
            role.set_supported_commands(SUPPORTED)

    @property
    def _role(self) -> ControllerGroupRole | None:
        role = self._group.group_role("controller")
        return role if isinstance(role, ControllerGroupRole) else None

    def close(self) -> None:
        """Listen no more."""
        self._unsubscribe()

    def show(self, status: PlaybackStatus) -> None:
        """Show modes and length on speakers with buttons for them."""
        if (role := self._role) is not None:
            role.set_repeat(RepeatMode(status.repeat))
            role.set_shuffle(status.shuffle)
            role.set_seek_max_ms(None if status.duration_seconds is None else round(status.duration_seconds * 1000))

    def _handle(self, _group: SendspinGroup, event: GroupEvent) -> None:
        if (command := command_of(event)) is not None:
            self._send(command)


def command_of(event: GroupEvent) -> Request | None:
    """Return the hub's command for one of a speaker, or `None`."""
    match event:
        case ControllerPlayEvent():
            return PlaybackCommand(command="play")
        case ControllerPauseEvent():
            return PlaybackCommand(command="pause")
        case ControllerStopEvent():
            return PlaybackCommand(command="stop")
        case ControllerNextEvent():
            return PlaybackCommand(command="next")
        case ControllerPreviousEvent():
            return PlaybackCommand(command="previous")
        case ControllerSeekEvent(position_ms=position_ms):
            return SeekCommand(position_seconds=position_ms / 1000)
        case ControllerRepeatEvent(mode=mode):
            return ModeCommand(repeat=mode.value)
        case ControllerShuffleEvent(shuffle=shuffle):
            return ModeCommand(shuffle=shuffle)
    return None
