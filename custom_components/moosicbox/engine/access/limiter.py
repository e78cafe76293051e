"""Rate limits by class of messages and by bytes, for a connection and for all connections of a user. No I/O."""

from typing import Final, Literal, NamedTuple

from ..limits import Limits

type LimitClass = Literal["control", "chat", "library", "reports", "sync"]

MIN_WAIT: Final = 1.0
"""Shortest `retry_after`, in seconds: a client that waits this long stays below the limit of refusals."""


class TokenBucket:
    """A token bucket, stored as the time at which it will be full again."""

    __slots__ = ("depth_us", "full_us", "token_us")

    def __init__(self, per_second: float, burst: float) -> None:
        """Create a full bucket of `burst` tokens that gains `per_second` tokens."""
        self.token_us = 1e6 / per_second
        self.depth_us = burst * self.token_us
        self.full_us = float("-inf")

    def consume(self, now_us: int, amount: float = 1.0) -> float:
        """Take `amount` tokens and return 0.0, or return the seconds until they are available."""
        full_us = max(now_us, self.full_us) + amount * self.token_us
        if (over_us := full_us - now_us - self.depth_us) > 0:
            return over_us / 1e6
        self.full_us = full_us
        return 0.0

    def is_full(self, now_us: int) -> bool:
        """Return whether the bucket is full."""
        return self.full_us <= now_us


class Refusal(NamedTuple):
    """The limit that a message exceeds, and the seconds to wait."""

    limit_class: str
    per_minute: int
    retry_after: float


def _refusal(limit_class: str, per_minute: float, over_us: float) -> Refusal:
    return Refusal(limit_class, round(per_minute), max(MIN_WAIT, over_us / 1e6))


class Limiter:
    """The token buckets of one connection or one user."""

    __slots__ = ("_buckets", "_bytes", "_limits", "_scale")

    def __init__(self, limits: Limits, scale: float = 1.0) -> None:
        """Allow `scale` times the limits of one connection."""
        self._limits = limits
        self._scale = scale
        self._buckets: dict[LimitClass, TokenBucket] = {}
        bytes_per_minute = limits.bytes_per_minute * scale
        self._bytes = TokenBucket(bytes_per_minute / 60, max(bytes_per_minute, float(limits.max_message_size)))

    def consume(self, limit_class: LimitClass, size: int, now_us: int) -> Refusal | None:
        """Count a message of `size` bytes; return a refusal, and count nothing, if a limit is exceeded."""
        bucket, volume = self._buckets.get(limit_class) or self._bucket(limit_class), self._bytes
        # Inlined `TokenBucket.consume`: this runs twice for each message.
        full_us = (bucket.full_us if bucket.full_us > now_us else now_us) + bucket.token_us  # noqa: FURB136 - faster
        volume_us = (volume.full_us if volume.full_us > now_us else now_us) + size * volume.token_us  # noqa: FURB136
        if (over_us := full_us - now_us - bucket.depth_us) > 0:
            return _refusal(limit_class, self._limits.rate(limit_class)[0] * self._scale, over_us)
        if (over_us := volume_us - now_us - volume.depth_us) > 0:
            return _refusal("bytes", self._limits.bytes_per_minute * self._scale, over_us)
        bucket.full_us = full_us
        volume.full_us = volume_us
        return None

    def _bucket(self, limit_class: LimitClass) -> TokenBucket:
        per_minute, burst = self._limits.rate(limit_class)
        bucket = self._buckets[limit_class] = TokenBucket(per_minute * self._scale / 60, burst * self._scale)
        return bucket

    def is_full(self, now_us: int) -> bool:
        """Return whether all buckets are full, so that the limiter can be dropped."""
        return self._bytes.is_full(now_us) and all(bucket.is_full(now_us) for bucket in self._buckets.values())


class UserLimiters:
    """The limiters of all recently active users."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._limiters: dict[str, Limiter] = {}

    def __getitem__(self, sub: str) -> Limiter:
        """Return the limiter of a user, created if necessary."""
        if (limiter := self._limiters.get(sub)) is None:
            limiter = self._limiters[sub] = Limiter(self.limits, self.limits.user_rate_factor)
        return limiter

    def forget_idle(self, now_us: int, in_use: set[str]) -> None:
        """Drop limiters that are full and whose user isn't in `in_use`."""
        self._limiters = {
            sub: limiter for sub, limiter in self._limiters.items() if sub in in_use or not limiter.is_full(now_us)
        }
