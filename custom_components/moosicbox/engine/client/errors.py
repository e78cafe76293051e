"""The client's exceptions: the protocol's errors by their names, and errors that only the client raises.

The protocol's page: docs/protocol/errors.md.
"""

from typing import Any, Final

from ..protocol.errors import HubError

_FIELDS: Final = frozenset({"type", "error_type", "message", "retryable", "request_id"})


class RequestTimedOut(TimeoutError):
    """The hub didn't answer in time; it may have executed the request."""


class EventsLost(Exception):
    """A consumer of events was too slow, and more events waited than its limit.

    Raised after the events that fit were delivered; the stream ends with it.
    """


class ProtocolMismatch(Exception):
    """The hub doesn't speak this client's version of the protocol."""


def error_from(fields: dict[str, Any]) -> HubError:
    """Return the exception for an `error` message.

    Args:
        fields: The message. Fields beyond the common ones become `details`; an unknown `error_type` becomes a plain
            `HubError`.
    """
    kinds = {kind.error_type: kind for kind in HubError.__subclasses__()}
    kind = kinds.get(str(fields.get("error_type")), HubError)
    # The subclasses' constructors compose messages for the hub; here the message exists already.
    error = kind.__new__(kind)
    HubError.__init__(error, str(fields.get("message") or kind.error_type), retryable=fields.get("retryable") is True)
    error.details = {name: value for name, value in fields.items() if name not in _FIELDS}
    return error


def retry_after(error: BaseException | None) -> float | None:
    """Return the seconds after which the hub accepts the request again, or `None` if it gave no time."""
    value = error.details.get("retry_after") if isinstance(error, HubError) else None
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None
