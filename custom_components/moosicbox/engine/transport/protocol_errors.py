"""Counts protocol errors: a client that sends too many is disconnected."""

from ..limits import Limits
from ..protocol.errors import HubError, InvalidMessage, SerializationFailed


class ProtocolErrors:
    """The recent protocol errors of one connection."""

    __slots__ = ("_limits", "_moments")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._moments: tuple[int, ...] = ()

    def too_many(self, error: HubError | None, now_us: int) -> bool:
        """Count `error` if it is a protocol error (an unknown type isn't one); return whether there were too many."""
        if not isinstance(error, SerializationFailed | InvalidMessage):
            return False
        most, window_us = self._limits.protocol_errors, self._limits.protocol_error_window * 1e6
        moments = self._moments = (*self._moments[1 - most :], now_us)
        return len(moments) == most and moments[-1] - moments[0] < window_us
