"""The bucket of protocol errors: a client that says too much nonsense is put out."""

from ..limits import Limits
from ..protocol.errors import HubError, InvalidMessage, SerializationFailed


class ProtocolErrors:
    """The latest errors of one connection."""

    __slots__ = ("_limits", "_moments")

    def __init__(self, limits: Limits) -> None:
        """No errors yet."""
        self._limits = limits
        self._moments: tuple[int, ...] = ()

    def too_many(self, error: HubError | None, now_us: int) -> bool:
        """Count a message's `error`; an unknown type is none of the protocol's."""
        if not isinstance(error, SerializationFailed | InvalidMessage):
            return False
        most, window_us = self._limits.protocol_errors, self._limits.protocol_error_window * 1e6
        moments = self._moments = (*self._moments[1 - most :], now_us)
        return len(moments) == most and moments[-1] - moments[0] < window_us
