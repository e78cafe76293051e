"""Whether, when and with which token to connect again. Pure: the range of a close code holds the verdict."""

from dataclasses import dataclass
from typing import Final

from ..protocol.codes import CloseCode
from ..protocol.errors import AuthenticationFailed, ConnectionClosed, HubError
from ..protocol.server import Goodbye
from .errors import retry_after

MIN_DELAY: Final = 0.5
MAX_DELAY: Final = 20.0
FIRST_TERMINAL: Final = 4500
LAST_CODE: Final = 4999
MEANINGS: Final[dict[int, str]] = {
    CloseCode.FORCED_OUT: "it was put out, or its token revoked",
    CloseCode.TOKEN_EXPIRED: "its token has expired",
    CloseCode.REPLACED: "another one has taken its place",
    CloseCode.PROTOCOL_ERRORS: "it sent too much nonsense",
}
"""For people, of what can't be mended by trying again."""
LOST: Final = 1006
"""The code of a connection that ended without one."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection, or an attempt at one, ended. `terminal`: the hub refused before there could be a code."""

    code: int = LOST
    error: HubError | None = None
    goodbye: Goodbye | None = None
    terminal: bool = False
    reason: str = ""
    """For people, where nothing else says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do now."""

    stop: bool = False
    fresh_token: bool = False
    after: float | None = None
    """Seconds to wait; None: as long as usual."""
    least: float = 0
    """Seconds that are to be waited before the usual ones: the hub has no room, and others are waiting, too."""


def reconnect_delay(attempt: int, random: float) -> float:
    """Full jitter: anything between the least delay and a bound that doubles; `attempt` 0 is the first after a good connection."""
    bound = min(MAX_DELAY, MIN_DELAY * 2.0 ** min(attempt + 1, 10))
    return MIN_DELAY + random * (bound - MIN_DELAY)


def judge(ending: Ending, *, token_is_fresh: bool, can_renew: bool, replaced_by_itself: bool = False) -> Verdict:
    """What an ending means. Codes unknown here are obeyed, too.

    `replaced_by_itself`: an attempt of this client's that it has given up may still have reached the hub.
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
    return Verdict(least=retry_after(ending.error) or 0)


def described(ending: Ending) -> str:
    """Why a connection ended, for people."""
    if ending.error is not None:
        return ending.error.message
    if ending.goodbye is not None:
        return ending.goodbye.reason
    return ending.reason or MEANINGS.get(ending.code) or f"closed with {ending.code}"


def fault(ending: Ending) -> HubError:
    """What to raise when there is no use in trying again."""
    if ending.error is not None:
        return ending.error
    error = ConnectionClosed(f"The hub has parted from this client: {described(ending)}", again=False)
    error.details = {"close_code": ending.code}
    return error
