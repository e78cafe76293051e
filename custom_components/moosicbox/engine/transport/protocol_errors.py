"""The bucket of protocol errors: a client that says too much nonsense is put out."""

from ..limits import Limits
from ..protocol.errors import HubError, InvalidMessage, SerializationFailed


class ProtocolErrors:
    """The latest errors of one connection."""

    __slots__ = ("_max", "_moments", "_window_us")

    def __init__(self, limits: Limits) -> None:
        """No errors yet."""
        self._max = limits.protocol_errors
        self._moments: list[int] = []
        self._window_us = limits.protocol_error_window * 1e6

    def too_many(self, error: HubError | None, now_us: int) -> bool:
        """Count a message's `error`; an unknown type is none of the protocol's."""
        if not isinstance(error, SerializationFailed | InvalidMessage):
            return False
        moments = self._moments = [*self._moments[1 - self._max :], now_us]
        return len(moments) == self._max and moments[-1] - moments[0] < self._window_us
