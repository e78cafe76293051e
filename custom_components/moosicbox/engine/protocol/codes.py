"""Close codes: after 4000 to 4499 a client reconnects, after 4500 to 4999 it doesn't with the same credentials."""

from enum import IntEnum


class CloseCode(IntEnum):
    """The hub's reason for closing a connection."""

    NORMAL = 1000
    GOING_AWAY = 1001
    """The hub shuts down; sent after `goodbye`."""
    INVALID_TEXT = 1007
    """A text message was not UTF-8."""
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    """Messages could not be sent because of a fault of the hub."""
    RESTART = 4000
    """The hub restarts or drains: reconnect after the delay named in `goodbye`."""
    AUTHENTICATION_TIMEOUT = 4001
    SLOW_CONSUMER = 4008
    POSITION_LOST = 4010
    PING_TIMEOUT = 4012
    RATE_LIMITED = 4029
    AUTHENTICATION_FAILED = 4501
    FORCED_OUT = 4503
    TOKEN_EXPIRED = 4505
    REPLACED = 4509
    PROTOCOL_ERRORS = 4513

    @property
    def reconnect(self) -> bool:
        """True if a client may reconnect with the same credentials."""
        return self < 4500 and self not in (CloseCode.NORMAL, CloseCode.MESSAGE_TOO_BIG)
