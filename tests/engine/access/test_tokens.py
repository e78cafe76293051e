"""Tokens: accepted ones, and each reason of refusal."""

import base64
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
import json
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from hypothesis import given, strategies as st
import jwt
import pytest

from custom_components.moosicbox.engine.access.rights import PERMISSIONS, ROLES
from custom_components.moosicbox.engine.access.tokens import LEEWAY, Revocations, Tokens, read_claims
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed

KEY = b"k" * 32
NOW = int(time.time())


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(KEY, Revocations(), lambda sub: sub == "reserved")


def claims(**changes: Any) -> dict[str, Any]:
    """Return a valid token's claims with changes; `None` removes a claim."""
    good = {
        "sub": "ada",
        "name": "Ada",
        "role": "user",
        "aud": "moosicbox",
        "iss": "moosicbox",
        "iat": NOW,
        "exp": NOW + 3_600,
        "jti": "j1",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(key: bytes = KEY, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm)


def refusal(tokens: Tokens, token: str) -> AuthenticationFailed:
    with pytest.raises(AuthenticationFailed) as refused:
        tokens.verify(token)
    # Every fault has the same public error.
    assert refused.value.message == "The token is not accepted"
    assert refused.value.details == {}
    return refused.value


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_an_issued_token_is_accepted(tokens: Tokens) -> None:
    issued = tokens.issue(
        sub="ada", name="Ada", now=NOW, lifetime=3_600, permissions=frozenset({"listen"}), rooms=frozenset({"garden"})
    )
    who = tokens.verify(issued.token)
    assert (who.sub, who.name, who.permissions) == ("ada", "Ada", frozenset({"listen"}))
    assert (who.credential, who.rooms) == (issued.jti, frozenset({"garden"}))
    assert (who.issued_at, who.expires_at) == (NOW, NOW + 3_600) == (NOW, issued.expires_at)


@pytest.mark.parametrize("role", ["user", "admin"])
def test_a_role_stands_for_its_permissions(tokens: Tokens, role: str) -> None:
    issued = tokens.issue(sub="ada", name="Ada", now=NOW, lifetime=3_600, role=role)
    assert tokens.verify(issued.token).permissions == ROLES[role]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"sub": "reserved", "role": "user"}, "sub"),
        ({"role": "king"}, "role"),
        ({}, "role"),
        ({"role": "user", "permissions": frozenset({"listen"})}, "role"),
        ({"permissions": frozenset({"fly"})}, "permissions"),
    ],
)
def test_invalid_claims_are_not_issued(tokens: Tokens, fields: dict[str, Any], fault: str) -> None:
    arguments: dict[str, Any] = {"sub": "ada", "name": "Ada", "now": NOW, "lifetime": 60, **fields}
    with pytest.raises(ValueError, match=fault):
        tokens.issue(**arguments)


@pytest.mark.parametrize(
    "forge",
    [
        lambda: jwt.encode(claims(), "", "none"),
        lambda: f"{part({'alg': 'none'})}.{part(claims())}.",
        lambda: f"{part({'alg': 'None', 'typ': 'JWT'})}.{part(claims())}.",
        lambda: signed(b"x" * 32),
        lambda: signed(algorithm="HS512", key=b"k" * 64),
        lambda: jwt.encode(claims(), KEY, "HS384"),
        lambda: signed()[:-2],
        lambda: ".".join([signed().split(".")[0], part(claims(role="admin")), signed().split(".")[2]]),
        lambda: "no.token.atall",
        lambda: "x",
        lambda: "..",
    ],
    ids=["none", "none by hand", "None", "other key", "HS512", "HS384", "cut", "other claims", "words", "x", "dots"],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_forged_tokens_are_refused(tokens: Tokens, forge: Callable[[], str]) -> None:
    assert refusal(tokens, forge()).forged


@pytest.mark.parametrize("claim", ["sub", "aud", "iss", "iat", "exp", "jti", "role"])
def test_tokens_with_missing_claims_are_refused(tokens: Tokens, claim: str) -> None:
    missing: dict[str, Any] = {claim: None}
    refusal(tokens, signed(**missing))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "homeassistant"},
        {"aud": []},
        {"iss": "somebody"},
        {"iat": NOW + 3_600},
        {"nbf": NOW + 3_600},
        {"exp": "soon"},
        {"sub": 7},
        {"sub": "no id|7"},
        {"jti": 7},
        {"role": "king"},
        {"role": ["admin"]},
        {"permissions": "listen"},
        {"permissions": [1]},
        {"rooms": "garden"},
        {"rooms": [1]},
        {"sub": "reserved"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_tokens_with_wrong_claims_are_refused(tokens: Tokens, changes: dict[str, Any]) -> None:
    refusal(tokens, signed(**changes))


def test_a_token_expires_after_the_leeway(tokens: Tokens, freezer: FrozenDateTimeFactory) -> None:
    token = signed(exp=NOW + 60)
    freezer.move_to(datetime.fromtimestamp(NOW + 60 + LEEWAY - 1, UTC))
    assert tokens.verify(token).sub == "ada"
    freezer.tick(1)
    refused = refusal(tokens, token)
    assert refused.expired
    assert not refused.forged


def test_one_of_several_audiences_suffices(tokens: Tokens) -> None:
    assert tokens.verify(signed(aud=["other", "moosicbox"])).sub == "ada"


def test_permissions_override_a_role_and_unknown_ones_are_ignored(tokens: Tokens) -> None:
    assert tokens.verify(signed(role="admin", permissions=["listen", "fly"])).permissions == {"listen"}
    assert tokens.verify(signed(role=None, permissions=[])).permissions == set()
    assert tokens.verify(signed(role=None, permissions=sorted(PERMISSIONS))).is_admin


@pytest.mark.parametrize(("name", "known_as"), [(None, "ada"), ("", "ada"), ("x" * 200, "x" * 100), (7, "7")])
def test_names_are_bounded_and_default_to_the_sub(tokens: Tokens, name: Any, known_as: str) -> None:
    assert tokens.verify(signed(name=name)).name == known_as


def test_an_empty_list_of_rooms_allows_none(tokens: Tokens) -> None:
    assert tokens.verify(signed(rooms=[])).rooms == frozenset()
    assert tokens.verify(signed()).rooms is None


def test_a_revoked_token_is_refused(tokens: Tokens) -> None:
    tokens.revocations.tokens["j1"] = NOW + 3_600
    assert not refusal(tokens, signed()).forged
    assert tokens.verify(signed(jti="j2")).sub == "ada"


def test_a_revoked_sub_can_get_newer_tokens(tokens: Tokens) -> None:
    tokens.revocations.subjects["ada"] = NOW
    refusal(tokens, signed(iat=NOW - 1))
    refusal(tokens, signed(iat=NOW))
    assert tokens.verify(signed(iat=NOW + 1)).sub == "ada"
    assert tokens.verify(signed(sub="eve")).sub == "eve"


def test_revocations_are_dropped_after_expiry() -> None:
    revocations = Revocations(tokens={"old": NOW - LEEWAY, "new": NOW - LEEWAY + 1})
    revocations.forget_expired(NOW)
    assert set(revocations.tokens) == {"new"}


def test_tokens_of_the_hub_are_recognised_by_their_audience() -> None:
    assert read_claims(signed()).is_ours
    assert read_claims(signed(b"x" * 32)).is_ours
    assert read_claims(signed(aud=["moosicbox"])).is_ours
    assert not read_claims(signed(aud=None)).is_ours
    assert not read_claims(jwt.encode({"iss": "homeassistant"}, KEY, "HS256")).is_ours


@pytest.mark.parametrize(
    "payload",
    [{"iss": {}}, {"iss": []}, {"iss": 7}, {"aud": {}}, {"aud": [{}]}, {"aud": 7}, [], "text", None],
    ids=json.dumps,
)
def test_claims_of_other_types_are_no_token(payload: Any) -> None:
    with pytest.raises(AuthenticationFailed) as refused:
        read_claims(f"{part({'alg': 'HS256'})}.{part(payload)}.AAAA")
    assert refused.value.forged


@pytest.mark.parametrize("changes", [{"exp": 10**400}, {"exp": 10**15}, {"iat": -1}], ids=json.dumps)
def test_times_that_cannot_be_represented_are_refused(tokens: Tokens, changes: dict[str, Any]) -> None:
    refusal(tokens, signed(**changes))


json_values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.lists(st.text())


@given(
    token=st.text()
    | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True, alphabet=st.characters(max_codepoint=127))
)
def test_any_text_raises_only_authentication_failed(token: str) -> None:
    with pytest.raises(AuthenticationFailed):
        Tokens(KEY, Revocations()).verify(token)
    with suppress(AuthenticationFailed):
        read_claims(token)


@given(claim=st.sampled_from(sorted(claims())), value=json_values)
def test_any_claim_raises_only_authentication_failed(claim: str, value: Any) -> None:
    token = jwt.encode({**claims(), claim: value}, KEY, "HS256") if claim not in {"iss", "sub", "jti"} else None
    if token is None:
        # PyJWT refuses to sign some of these.
        body = f"{part({'alg': 'HS256'})}.{part({**claims(), claim: value})}"
        token = f"{body}.{part_bytes(jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(body.encode(), KEY))}"
    try:
        who = Tokens(KEY, Revocations()).verify(token)
    except AuthenticationFailed:
        return
    assert who.permissions <= PERMISSIONS


def part_bytes(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
