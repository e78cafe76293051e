"""Rate limits: per class of messages and by bytes, for a connection and for all connections of a user. No I/O."""

from typing import Final, Literal, NamedTuple

from .limits import Limits

type LimitClass = Literal["control", "chat", "library", "reports", "sync"]

CLASSES: Final[tuple[LimitClass, ...]] = ("control", "chat", "library", "reports", "sync")


class TokenBucket:
    """Holds up to `burst` tokens and gains `per_second` of them.

    Kept as the one moment at which the bucket will be full again: what is missing is the time until then.
    """

    __slots__ = ("_depth_us", "_full_us", "_token_us")

    def __init__(self, per_second: float, burst: float) -> None:
        """A full bucket."""
        self._token_us = 1e6 / per_second
        self._depth_us = burst * self._token_us
        self._full_us = float("-inf")

    def take(self, now_us: int, amount: float = 1.0) -> float:
        """0.0 if `amount` could be taken, else the seconds until it can."""
        full_us = (max(now_us, self._full_us)) + amount * self._token_us
        if (over_us := full_us - now_us - self._depth_us) > 0:
            return over_us / 1e6
        self._full_us = full_us
        return 0.0

    def full(self, now_us: int) -> bool:
        """Whether nothing was taken for so long that the bucket is full again."""
        return self._full_us <= now_us


class Refusal(NamedTuple):
    """Why a message is refused for now."""

    limit_class: str
    per_minute: int
    retry_after: float


class Limiter:
    """The buckets of one connection, or of one user."""

    __slots__ = ("_buckets", "_bytes", "_limits", "_scale")

    def __init__(self, limits: Limits, scale: float = 1.0) -> None:
        """`scale` times what one connection may."""
        self._limits = limits
        self._scale = scale
        self._buckets: dict[LimitClass, TokenBucket] = {}
        bytes_per_minute = limits.bytes_per_minute * scale
        self._bytes = TokenBucket(bytes_per_minute / 60, max(bytes_per_minute, float(limits.max_message_size)))

    def take(self, limit_class: LimitClass, size: int, now_us: int) -> Refusal | None:
        """Count one message of `size` bytes; a Refusal if it is one too many."""
        if (bucket := self._buckets.get(limit_class)) is None:
            per_minute, burst = self._limits.rate(limit_class)
            bucket = self._buckets[limit_class] = TokenBucket(per_minute * self._scale / 60, burst * self._scale)
        if wait := bucket.take(now_us):
            return Refusal(limit_class, round(self._limits.rate(limit_class)[0] * self._scale), wait)
        if wait := self._bytes.take(now_us, size):
            return Refusal("bytes", round(self._limits.bytes_per_minute * self._scale), wait)
        return None

    def full(self, now_us: int) -> bool:
        """Whether it can be forgotten: a new one would say the same."""
        return self._bytes.full(now_us) and all(bucket.full(now_us) for bucket in self._buckets.values())


class UserLimiters:
    """The limiters of all users who did something lately."""

    def __init__(self, limits: Limits) -> None:
        """Nobody did anything yet."""
        self.limits = limits
        self._limiters: dict[str, Limiter] = {}

    def __getitem__(self, sub: str) -> Limiter:
        """The limiter of a user."""
        if (limiter := self._limiters.get(sub)) is None:
            limiter = self._limiters[sub] = Limiter(self.limits, self.limits.user_rate_factor)
        return limiter

    def forget_idle(self, now_us: int, in_use: set[str]) -> None:
        """Drop those that nobody has at hand and that are full again."""
        self._limiters = {
            sub: limiter for sub, limiter in self._limiters.items() if sub in in_use or not limiter.full(now_us)
        }
