"""Rate limits: bursts, rates, bytes, and all connections of a user together."""

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.access.limiter import Limiter, TokenBucket, UserLimiters
from custom_components.moosicbox.engine.limits import Limits
from tests.engine.fakes import SECOND

NOW = 1_000 * SECOND
LIMITS = Limits(
    messages_per_minute=60,
    burst_size=3,
    chat_per_minute=30,
    chat_burst=1,
    bytes_per_minute=6_000,
    max_message_size=1_000,
)


def test_after_a_burst_the_rate_applies() -> None:
    bucket = TokenBucket(2.0, 3)
    assert [bucket.consume(NOW) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert bucket.consume(NOW + SECOND // 2) == 0.0
    assert bucket.consume(NOW + SECOND // 2) == 0.5


def test_a_refused_message_consumes_nothing() -> None:
    bucket = TokenBucket(1.0, 1)
    bucket.consume(NOW)
    for _ in range(10):
        assert bucket.consume(NOW) == 1.0


def test_tokens_accumulate_up_to_a_burst() -> None:
    bucket = TokenBucket(1.0, 2)
    assert [bucket.consume(NOW + 3_600 * SECOND) > 0 for _ in range(3)] == [False, False, True]


@given(gaps=st.lists(st.integers(0, 3 * SECOND), max_size=60))
def test_burst_and_rate_are_never_exceeded(gaps: list[int]) -> None:
    bucket, now_us, taken = TokenBucket(2.0, 5), NOW, 0
    for gap in gaps:
        now_us += gap
        taken += bucket.consume(now_us) == 0.0
        assert taken <= 5 + 2.0 * (now_us - NOW) / SECOND + 1e-6


def test_classes_have_buckets_of_their_own() -> None:
    limiter = Limiter(LIMITS)
    assert limiter.consume("chat", 1, NOW) is None
    refusal = limiter.consume("chat", 1, NOW)
    assert refusal is not None
    assert (refusal.limit_class, refusal.per_minute) == ("chat", 30)
    assert refusal.retry_after == pytest.approx(2.0)
    assert limiter.consume("control", 1, NOW) is None


def test_bytes_are_bounded_over_all_classes() -> None:
    limits = Limits(bytes_per_minute=1_000, max_message_size=500)
    limiter = Limiter(limits)
    assert limiter.consume("control", 600, NOW) is None
    refusal = limiter.consume("sync", 600, NOW)
    assert refusal is not None
    assert (refusal.limit_class, refusal.per_minute) == ("bytes", 1_000)


def test_the_largest_message_always_fits_once() -> None:
    limits = Limits(bytes_per_minute=10, max_message_size=500)
    assert Limiter(limits).consume("control", 500, NOW) is None


def test_the_limit_of_a_user_is_a_multiple_of_that_of_a_connection() -> None:
    limiters = UserLimiters(LIMITS)
    taken = sum(limiters["ada"].consume("control", 1, NOW) is None for _ in range(50))
    assert taken == LIMITS.burst_size * LIMITS.user_rate_factor
    assert limiters["eve"].consume("control", 1, NOW) is None


def test_limiters_of_idle_users_are_dropped_when_full() -> None:
    limiters = UserLimiters(LIMITS)
    limiters["ada"].consume("control", 1, NOW)
    busy = limiters["ada"]
    limiters.forget_idle(NOW, set())
    assert limiters["ada"] is busy
    limiters.forget_idle(NOW + 60 * SECOND, {"ada"})
    assert limiters["ada"] is busy
    limiters.forget_idle(NOW + 60 * SECOND, set())
    assert limiters["ada"] is not busy
