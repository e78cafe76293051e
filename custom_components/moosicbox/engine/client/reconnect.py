"""Decides whether, when and with which token to reconnect. Pure, without I/O: the range of a close code decides.

`frontend/client/reconnect.js` has the same rules; `tests/golden/reconnect/` checks both. The protocol's
sections: "Leaving" in docs/protocol/connecting.md, and docs/protocol/close-codes.md.
"""

from dataclasses import dataclass
from typing import Final

from ..protocol.codes import CloseCode
from ..protocol.errors import AuthenticationFailed, ConnectionClosed, HubError
from ..protocol.server import Goodbye
from .errors import retry_after

MIN_DELAY: Final = 0.5
MAX_DELAY: Final = 20.0
"""Seconds."""
FIRST_TERMINAL: Final = 4500
LAST_CODE: Final = 4999
MEANINGS: Final[dict[int, str]] = {
    CloseCode.FORCED_OUT: "it was disconnected by an administrator, or its token was revoked",
    CloseCode.TOKEN_EXPIRED: "its token has expired",
    CloseCode.REPLACED: "another connection has replaced it",
    CloseCode.PROTOCOL_ERRORS: "it sent too many invalid messages",
}
"""Why reconnecting is forbidden, for people."""
LOST: Final = 1006
"""The code of a connection that ended without a close frame."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection, or an attempt to connect, ended."""

    code: int = LOST
    error: HubError | None = None
    """The hub's last `error` that answered no request."""
    goodbye: Goodbye | None = None
    terminal: bool = False
    """The hub refused this client before there could be a close code."""
    reason: str = ""
    """A text for people; used if there is neither an error nor a `goodbye`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The consequence of an ending."""

    stop: bool = False
    """Don't reconnect."""
    fresh_token: bool = False
    """Fetch a new token for the next attempt."""
    after: float | None = None
    """Seconds to wait; `None` for the usual, growing delay."""
    extra_delay: float = 0
    """Seconds added to the usual delay, since a full hub makes all clients wait."""


def reconnect_delay(attempt: int, random: float) -> float:
    """Return the seconds before an attempt: a random part of a bound that doubles ("full jitter").

    Args:
        attempt: 0 for the first attempt after a stable connection, then counting up.
        random: A random number from 0 to 1.
    """
    bound = min(MAX_DELAY, MIN_DELAY * 2.0 ** min(attempt + 1, 10))
    return MIN_DELAY + random * (bound - MIN_DELAY)


def judge(ending: Ending, *, token_is_fresh: bool, can_renew: bool, replaced_by_itself: bool = False) -> Verdict:
    """Return the consequence of an ending. Unknown close codes are judged by their range.

    Args:
        ending: How the connection or the attempt ended.
        token_is_fresh: The attempt used a token that was fetched for it.
        can_renew: A new token can be fetched.
        replaced_by_itself: An abandoned attempt of this client may have reached the hub and replaced it (4509).
    """
    if ending.code == CloseCode.REPLACED and replaced_by_itself:
        return Verdict()
    renewable = can_renew and not token_is_fresh
    if ending.code == CloseCode.TOKEN_EXPIRED:
        return Verdict(stop=not can_renew, fresh_token=True, after=None if token_is_fresh else 0)
    if ending.code == CloseCode.AUTHENTICATION_FAILED:
        token_refused = ending.error is None or isinstance(ending.error, AuthenticationFailed)
        return Verdict(fresh_token=True, after=0) if token_refused and renewable else Verdict(stop=True)
    if ending.terminal or FIRST_TERMINAL <= ending.code <= LAST_CODE:
        return Verdict(stop=True)
    if ending.goodbye is not None:
        return Verdict(stop=not ending.goodbye.reconnect, after=ending.goodbye.reconnect_after)
    return Verdict(extra_delay=retry_after(ending.error) or 0)


def describe(ending: Ending) -> str:
    """Return the reason for an ending, for people."""
    if ending.error is not None:
        return ending.error.message
    if ending.goodbye is not None:
        return ending.goodbye.reason
    return ending.reason or MEANINGS.get(ending.code) or f"closed with {ending.code}"


def final_error(ending: Ending) -> HubError:
    """Return the exception to raise when reconnecting is forbidden."""
    if ending.error is not None:
        return ending.error
    error = ConnectionClosed(f"The hub has disconnected this client: {describe(ending)}", retryable=False)
    error.details = {"close_code": ending.code}
    return error
