"""The state of the headless player, and the status that it reports."""

from typing import Literal

from ..pending import monotonic_us
from .deck import Deck, PositionSample
from .reporter import PlayerStatus
from .timekeeper import Timekeeper

type Mode = Literal["idle", "loading", "playing", "paused", "ended", "error"]


class PlayerState:
    """The activity of the player.

    Attributes:
        mode: The current activity.
        resting: The position at which the current item is paused, ended or failed.
        in_room: `True` if the current order is one of a room.
        error: The reason why the item can't be played, in mode `error`.
    """

    def __init__(self, deck: Deck, timekeeper: Timekeeper) -> None:
        self.mode: Mode = "idle"
        self.resting = PositionSample(0.0, 0.0)
        self.in_room = False
        self.error: str | None = None
        self._deck = deck
        self._timekeeper = timekeeper
        self._item_id: str | None = None
        """The item in the deck when the mode was set."""

    def set_mode(self, mode: Mode) -> None:
        """Set the mode, for the item that is in the deck now."""
        self.mode, self._item_id = mode, self._deck.item_id

    async def status(self, *, busy: bool) -> PlayerStatus | None:
        """Return the status to report, or `None` while mpv reads the next item and the previous one is still audible.

        Args:
            busy: An order is being executed, so that no item counts as ready.
        """
        deck, mode = self._deck, self.mode
        if mode == "playing" and deck.item_id != self._item_id:
            return None
        sample = await deck.measure_position() if mode == "playing" else None
        now = sample or self.resting._replace(at_us=monotonic_us())
        error = self._timekeeper.error
        stalled = mode == "playing" and deck.stalling
        return PlayerStatus(
            state="buffering" if stalled or mode == "loading" else "idle" if mode in ("idle", "ended") else mode,  # type: ignore[arg-type]
            item_id=None if mode == "idle" else deck.item_id,
            position=0.0 if mode == "idle" else now.position,
            at_us=now.at_us,
            duration=None if mode == "idle" else deck.duration,
            buffered=max(0.0, deck.cached_until - now.position) if deck.cached_until and mode != "idle" else None,
            ready_item_id=None if mode in ("loading", "error") or busy else deck.ready_id,
            sync_error_ms=None if error is None else round(error * 1000, 3),
            error=self.error if mode == "error" else None,
        )
