"""The errors of the protocol: raised in the domain, answered by the transports, translated by Home Assistant's side."""

from typing import Any, ClassVar


class HubError(Exception):
    """A refusal with a name. `details` are the further fields of the wire's `error`."""

    error_type: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, again: bool | None = None, **details: Any) -> None:
        """`message` is for people: what happened and what helps. `again`: whether to try again helps, unlike usually."""
        super().__init__(message)
        self.message = message
        self.details = details
        self.may_retry = self.retryable if again is None else again


class AuthenticationFailed(HubError):
    """The credentials don't hold. `forged` tells a wrong token from one that was once right."""

    error_type = "authentication_failed"

    def __init__(self, message: str, *, forged: bool = False, expired: bool = False) -> None:
        """The reasons stay inside: the wire gives one public error for every fault of a token."""
        super().__init__(message)
        self.forged = forged
        self.expired = expired


class PermissionDenied(HubError):
    """A right is missing."""

    error_type = "permission_denied"


class RateLimitExceeded(HubError):
    """Too much of one class of messages: `limit` a minute; try again after `retry_after` seconds."""

    error_type = "rate_limit_exceeded"
    retryable = True

    def __init__(self, limit: int, retry_after: float, message: str = "Too many messages, slow down") -> None:
        """`limit` is in messages (or bytes) a minute, or in what `message` says, `retry_after` in seconds."""
        super().__init__(message, limit=limit, retry_after=round(retry_after, 3))


class MessageTooLarge(HubError):
    """A message of `size` bytes where `max_size` are allowed."""

    error_type = "message_too_large"

    def __init__(self, size: int, max_size: int) -> None:
        """Both in bytes."""
        super().__init__(f"The message has {size} bytes, {max_size} are allowed", size=size, max_size=max_size)


class SerializationFailed(HubError):
    """A frame that is no JSON object in text."""

    error_type = "serialization_error"


class InvalidMessage(HubError):
    """A known message with a wrong field, named by `path`."""

    error_type = "invalid_message"

    def __init__(self, message: str, path: list[str | int]) -> None:
        """`path` leads from the message to the wrong field."""
        super().__init__(message, path=path)


class UnknownType(HubError):
    """A message type that this hub doesn't know; never closes."""

    error_type = "unknown_type"


class ClientNotFound(HubError):
    """No such client is connected."""

    error_type = "client_not_found"


class ConnectionClosed(HubError):
    """The connection ended before the answer."""

    error_type = "connection_closed"
    retryable = True


class PlayerNotFound(HubError):
    """No such player."""

    error_type = "player_not_found"


class RoomNotFound(HubError):
    """No such room."""

    error_type = "room_not_found"


class RoomFull(HubError):
    """The room has no place left."""

    error_type = "room_full"


class QueueItemNotFound(HubError):
    """No such item in the queue."""

    error_type = "queue_item_not_found"


class TrackNotFound(HubError):
    """No such track, or nothing that can be played."""

    error_type = "track_not_found"


class RevisionConflict(HubError):
    """The queue changed since `if_revision`; `ops` are what was missed."""

    error_type = "revision_conflict"


class ItemLocked(HubError):
    """The item is already with the players."""

    error_type = "item_locked"


class NotSupported(HubError):
    """This hub, or this player, can't do that."""

    error_type = "not_supported"


class Unavailable(HubError):
    """Not now; later, perhaps."""

    error_type = "unavailable"
    retryable = True


class InternalError(HubError):
    """A fault of the hub's own."""

    error_type = "internal_error"
