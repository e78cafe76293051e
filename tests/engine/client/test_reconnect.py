"""Decisions about reconnecting: close codes, the hub's requests, tokens and delays."""

import pytest

from custom_components.moosicbox.engine.client.reconnect import (
    MAX_DELAY,
    MIN_DELAY,
    Ending,
    Verdict,
    judge,
    reconnect_delay,
)
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed, PermissionDenied, Unavailable
from custom_components.moosicbox.engine.protocol.server import Goodbye


def test_delays_are_random_and_grow_to_a_bound() -> None:
    bounds = [reconnect_delay(attempt, 1.0) for attempt in range(8)]
    assert bounds == sorted(bounds)
    assert bounds[0] == 2 * MIN_DELAY
    assert bounds[-1] == MAX_DELAY
    assert {reconnect_delay(attempt, 0.0) for attempt in range(1_000)} == {MIN_DELAY}


@pytest.mark.parametrize("code", [1000, 1001, 1006, 4000, 4008, 4010, 4012, 4029, 4499])
def test_codes_that_allow_reconnecting(code: int) -> None:
    assert judge(Ending(code), token_is_fresh=False, can_renew=False) == Verdict()


@pytest.mark.parametrize("code", [4500, 4503, 4509, 4513, 4999])
def test_codes_that_forbid_reconnecting(code: int) -> None:
    assert judge(Ending(code), token_is_fresh=False, can_renew=True).stop


def test_goodbye_and_retry_after_are_obeyed() -> None:
    goodbye = Goodbye(reason="restart", reconnect=True, reconnect_after=3.5)
    assert judge(Ending(4000, goodbye=goodbye), token_is_fresh=False, can_renew=False).after == 3.5
    farewell = Goodbye(reason="gone", reconnect=False, reconnect_after=0)
    assert judge(Ending(1001, goodbye=farewell), token_is_fresh=False, can_renew=False).stop
    full = Unavailable("There is no room now", retry_after=5)
    assert judge(Ending(error=full), token_is_fresh=False, can_renew=False) == Verdict(least=5)


def test_refused_token_is_renewed_once() -> None:
    ending = Ending(CloseCode.AUTHENTICATION_FAILED, AuthenticationFailed("no"))
    assert judge(ending, token_is_fresh=False, can_renew=True) == Verdict(fresh_token=True, after=0)
    assert judge(ending, token_is_fresh=True, can_renew=True).stop
    assert judge(ending, token_is_fresh=False, can_renew=False).stop
    denied = Ending(CloseCode.AUTHENTICATION_FAILED, PermissionDenied("no"))
    assert judge(denied, token_is_fresh=False, can_renew=True).stop


def test_expired_token_is_renewed() -> None:
    ending = Ending(CloseCode.TOKEN_EXPIRED)
    assert judge(ending, token_is_fresh=False, can_renew=True) == Verdict(fresh_token=True, after=0)
    assert judge(ending, token_is_fresh=True, can_renew=True) == Verdict(fresh_token=True)
    assert judge(ending, token_is_fresh=False, can_renew=False).stop


def test_client_replaced_by_its_own_attempt_reconnects() -> None:
    ending = Ending(CloseCode.REPLACED)
    assert judge(ending, token_is_fresh=False, can_renew=False).stop
    assert not judge(ending, token_is_fresh=False, can_renew=False, replaced_by_itself=True).stop
