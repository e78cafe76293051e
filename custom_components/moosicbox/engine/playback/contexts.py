"""The common base of `Players` and `Rooms`: entity ids and outputs."""

from collections.abc import Callable
from typing import Final

from ..protocol.errors import InvalidMessage, Sentence, Unavailable
from ..protocol.types import MAX_OUTPUT_DELAY_MS
from ..signals import Signal
from .player import PlaybackContext

MAX_OUTPUTS: Final = 20
"""Outputs of one player or room."""


class PlaybackContexts[C: PlaybackContext]:
    """The base class of `Players` and `Rooms`.

    An output is a speaker of another system that plays the same, without exact timing. The hub only keeps the list: the
    integration that adds an output makes it play, and chooses the string that identifies it.
    """

    def __init__(self) -> None:
        self.changed: Signal[C] = Signal()
        """Anything that a list or an entity shows of a player or room has changed."""
        self.output_added: Signal[C, str] = Signal()
        self.output_removed: Signal[C, str] = Signal()
        self.entity_renamed: Signal[C] = Signal()
        """The entity id of a player or room, or the id of one of its outputs, has changed."""
        self._followed: dict[C, Signal[C]] = {}
        self.changed.subscribe(self._notify_followers)

    def follow(self, context: C, changed: Callable[[C], None]) -> Callable[[], None]:
        """Call `changed` after each change of one player or room; return a function that ends this.

        Unlike a subscription to the signal of all, it costs nothing when another one changes.
        """
        unsubscribe = self._followed.setdefault(context, Signal()).subscribe(changed)

        def unfollow() -> None:
            unsubscribe()
            if (followed := self._followed.get(context)) is not None and not followed:
                del self._followed[context]

        return unfollow

    def _notify_followers(self, context: C) -> None:
        if (followed := self._followed.get(context)) is not None:
            followed.emit(context)

    def set_entity_id(self, context: C, entity_id: str | None) -> None:
        """Set the id of the entity that stands for `context` in Home Assistant."""
        if context.entity_id != entity_id:
            context.entity_id = entity_id
            self.changed.emit(context)
            self.entity_renamed.emit(context)

    def add_output(self, context: C, output_id: str, delay_ms: float = 0.0) -> None:
        """Add an output, or do nothing if `context` has it already.

        Args:
            context: The player or room.
            output_id: The other system's name for the speaker, such as an entity id.
            delay_ms: The time from a request until the speaker sounds, in milliseconds.

        Raises:
            InvalidMessage: If the delay is out of bounds.
            Unavailable: If `context` has `MAX_OUTPUTS` outputs.

        """
        if output_id in context.outputs:
            return
        _require_delay(delay_ms)
        if len(context.outputs) >= MAX_OUTPUTS:
            raise Unavailable(
                Sentence("too_many_outputs", "{name} has {most} outputs already", name=context.name, most=MAX_OUTPUTS)
            )
        context.outputs[output_id] = delay_ms
        self.output_added.emit(context, output_id)
        self.changed.emit(context)

    def remove_output(self, context: C, output_id: str) -> None:
        """Remove an output, or do nothing if `context` doesn't have it."""
        if context.outputs.pop(output_id, None) is not None:
            self.output_removed.emit(context, output_id)
            self.changed.emit(context)

    def rename_output(self, context: C, output_id: str, new_id: str) -> None:
        """Change the id of an output, or do nothing if `context` doesn't have it."""
        if output_id in context.outputs:
            context.outputs = {
                new_id if known_id == output_id else known_id: delay_ms
                for known_id, delay_ms in context.outputs.items()
            }
            self.changed.emit(context)
            self.entity_renamed.emit(context)

    def set_output_delay(self, context: C, output_id: str, delay_ms: float) -> None:
        """Set the time from a request until an output sounds, in milliseconds.

        Raises:
            InvalidMessage: If `context` has no such output, or the delay is out of bounds.

        """
        if output_id not in context.outputs:
            raise InvalidMessage(f"{output_id} is no output of {context.name}", ["output_id"])
        _require_delay(delay_ms)
        context.outputs[output_id] = delay_ms
        self.changed.emit(context)


def _require_delay(delay_ms: float) -> None:
    if not 0 <= delay_ms <= MAX_OUTPUT_DELAY_MS:
        raise InvalidMessage(f"A delay is between 0 and {MAX_OUTPUT_DELAY_MS} ms", ["delay_ms"])


def move_outputs(source: PlaybackContext, to: PlaybackContext) -> None:
    """Move outputs from a player to its group, or back, until `to` has `MAX_OUTPUTS`."""
    for output_id, delay_ms in source.outputs.items():
        if output_id in to.outputs or len(to.outputs) < MAX_OUTPUTS:
            to.outputs[output_id] = delay_ms
    source.outputs = {}
