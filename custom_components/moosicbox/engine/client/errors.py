"""What can go wrong, as exceptions: the protocol's errors by their names, and what only a client meets."""

from typing import Any, Final

from ..protocol.errors import HubError, SerializationFailed

SerializationError = SerializationFailed
"""The specification's name for it."""

_FIELDS: Final = frozenset({"type", "error_type", "message", "retryable", "request_id"})


class RequestTimedOut(TimeoutError):
    """The hub didn't answer in time; whether it did what was asked isn't known."""


class EventsLost(Exception):
    """A consumer of events was too slow: more waited for it than its bound. What came before was delivered."""


class ProtocolMismatch(Exception):
    """The hub speaks other versions of the protocol than this client."""


def error_from(fields: dict[str, Any]) -> HubError:
    """The exception for an `error` of the wire; names that aren't known here become plain `HubError`s."""
    kinds = {kind.error_type: kind for kind in HubError.__subclasses__()}
    kind = kinds.get(str(fields.get("error_type")), HubError)
    # The classes' own constructors are for whoever refuses; here all has been said already.
    error = kind.__new__(kind)
    HubError.__init__(error, str(fields.get("message") or kind.error_type), again=fields.get("retryable") is True)
    error.details = {name: value for name, value in fields.items() if name not in _FIELDS}
    return error


def retry_after(error: BaseException | None) -> float | None:
    """The seconds after which the hub wants to be asked again, if it said so."""
    value = error.details.get("retry_after") if isinstance(error, HubError) else None
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None
