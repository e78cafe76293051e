"""The errors of the protocol: raised by the domain, sent by the transports, translated by Home Assistant's side."""

from typing import Any, ClassVar, Self


class Sentence(str):
    """A sentence with a name, by which a host can show it in another language.

    >>> Sentence("queue_full", "The queue takes {most} items", most=500)
    'The queue takes 500 items'
    """

    __slots__ = ("key", "values")

    key: str
    values: dict[str, str]

    def __new__(cls, key: str, template: str, **values: object) -> Self:
        """Return the sentence; the `values` are those of the template's placeholders."""
        text = super().__new__(cls, template.format(**values))
        text.key = key
        text.values = {name: str(value) for name, value in values.items()}
        return text


class HubError(Exception):
    """Base of all errors of the protocol. `details` are additional fields of the `error` message."""

    error_type: ClassVar[str] = "internal_error"
    retryable: bool = False

    def __init__(self, message: str, *, retryable: bool | None = None, **details: Any) -> None:
        """`message` describes the error to people; `retryable` overrides that of its type."""
        super().__init__(message)
        self.message = str(message)
        self.sentence = message if isinstance(message, Sentence) else None
        self.details = details
        if retryable is not None:
            self.retryable = retryable


class AuthenticationFailed(HubError):
    """The credentials aren't accepted."""

    error_type = "authentication_failed"

    def __init__(self, message: str, *, forged: bool = False, expired: bool = False) -> None:
        """`forged` and `expired` are for the caller only: clients get the same error for every fault of a token."""
        super().__init__(message)
        self.forged = forged
        self.expired = expired


class PermissionDenied(HubError):
    """A permission or right is missing."""

    error_type = "permission_denied"


class RateLimitExceeded(HubError):
    """A rate limit was exceeded: `limit` per minute; retry after `retry_after` seconds."""

    error_type = "rate_limit_exceeded"
    retryable = True

    def __init__(self, limit: int, retry_after: float, message: str = "Too many messages, slow down") -> None:
        """`limit` is in messages or bytes per minute unless `message` says otherwise; `retry_after` in seconds."""
        super().__init__(message, limit=limit, retry_after=round(retry_after, 3))


class MessageTooLarge(HubError):
    """A message of `size` bytes exceeds the limit of `max_size`."""

    error_type = "message_too_large"

    def __init__(self, size: int, max_size: int) -> None:
        """Both in bytes."""
        super().__init__(f"The message has {size} bytes; {max_size} are allowed", size=size, max_size=max_size)


class SerializationFailed(HubError):
    """A frame is not a JSON object in text."""

    error_type = "serialization_error"


class InvalidMessage(HubError):
    """A message has an invalid field, named by `path`."""

    error_type = "invalid_message"

    def __init__(self, message: str, path: list[str | int]) -> None:
        """`path` is the path from the message to the wrong field."""
        super().__init__(message, path=path)


class UnknownType(HubError):
    """The hub doesn't support the message type; the connection stays open."""

    error_type = "unknown_type"


class ClientNotFound(HubError):
    """There is no such client."""

    error_type = "client_not_found"


class ConnectionClosed(HubError):
    """The connection ended before the answer."""

    error_type = "connection_closed"
    retryable = True


class PlayerNotFound(HubError):
    """There is no such player."""

    error_type = "player_not_found"


class RoomNotFound(HubError):
    """There is no such room."""

    error_type = "room_not_found"


class RoomFull(HubError):
    """The room has no free place."""

    error_type = "room_full"
    retryable = True


class QueueItemNotFound(HubError):
    """There is no such item in the queue."""

    error_type = "queue_item_not_found"


class SnapshotNotFound(HubError):
    """There is no such snapshot."""

    error_type = "snapshot_not_found"


class RuleNotFound(HubError):
    """There is no such rule."""

    error_type = "rule_not_found"


class FollowerNotFound(HubError):
    """There is no such follower."""

    error_type = "follower_not_found"


class RefusedByRule(HubError):
    """A rule of the household forbids this: the rule `rule_id`, with `max_volume` if it is about the volume."""

    error_type = "refused_by_rule"

    def __init__(self, message: str, rule_id: str, max_volume: float | None = None) -> None:
        """`max_volume` is the cap, 0 to 1."""
        if max_volume is None:
            super().__init__(message, rule_id=rule_id)
        else:
            super().__init__(message, rule_id=rule_id, max_volume=max_volume)


class AlarmNotFound(HubError):
    """There is no such alarm."""

    error_type = "alarm_not_found"


class TrackNotFound(HubError):
    """There is no such track, or it can't be played."""

    error_type = "track_not_found"


class RevisionConflict(HubError):
    """The queue has changed since `if_revision`; `ops` are the missed changes."""

    error_type = "revision_conflict"


class ItemLocked(HubError):
    """The item has already been handed over to the players."""

    error_type = "item_locked"


class NotSupported(HubError):
    """This hub or player doesn't support the request."""

    error_type = "not_supported"


class Unavailable(HubError):
    """The request can't be executed now."""

    error_type = "unavailable"
    retryable = True


class InternalError(HubError):
    """The hub failed."""

    error_type = "internal_error"
