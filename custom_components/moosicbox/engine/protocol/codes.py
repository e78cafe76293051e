"""Close codes: 4000 to 4499 say "reconnect", 4500 to 4999 say "don't, with these credentials"."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the hub ends a connection."""

    NORMAL = 1000
    GOING_AWAY = 1001
    """The hub shuts down, after `goodbye`."""
    INVALID_TEXT = 1007
    """A text message is not UTF-8."""
    MESSAGE_TOO_BIG = 1009
    RESTART = 4000
    """Restart or drain: come back after the delay named in `goodbye`."""
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
        """Whether a client may come back with the same credentials."""
        return self < 4500 and self not in (CloseCode.NORMAL, CloseCode.MESSAGE_TOO_BIG)
