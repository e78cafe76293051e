"""Who a node lets in while Home Assistant is away."""

import time

import jwt
import pytest

from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.node.authenticator import NodeAuthenticator
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed, Unavailable

KEY = bytes(range(32))
PEER = Peer("192.0.2.7", None)


@pytest.fixture
def home() -> Tokens:
    """Home Assistant's."""
    return Tokens(KEY, Revocations())


@pytest.fixture
def authenticator() -> NodeAuthenticator:
    keeper = NodeAuthenticator(Limits())
    keeper.apply_secrets({"key": KEY.hex()})
    return keeper


def token(home: Tokens, sub: str = "ada") -> str:
    return home.issue(sub=sub, name="Ada", now=time.time(), lifetime=60, role="user").token


async def test_tokens_of_the_hub_are_good_here(authenticator: NodeAuthenticator, home: Tokens) -> None:
    principal = await authenticator.authenticate_token(token(home), PEER)
    assert (principal.sub, principal.is_admin) == ("ada", False)
    ours = authenticator.create(sub="guest:1", name="Guest", lifetime=60, permissions=frozenset({"listen"}))
    assert home.verify(ours.token).sub == "guest:1"


async def test_before_home_assistant_was_heard_of_nobody_can_be_recognised(home: Tokens) -> None:
    keeper = NodeAuthenticator(Limits())
    keeper.apply_secrets(None)
    with pytest.raises(Unavailable) as raised:
        await keeper.authenticate_token(token(home), PEER)
    assert raised.value.may_retry
    assert keeper.key == b""


async def test_home_assistants_own_tokens_wait_for_it(authenticator: NodeAuthenticator) -> None:
    theirs = jwt.encode({"iss": "refresh-token-id", "exp": time.time() + 60}, "theirs", "HS256")
    with pytest.raises(Unavailable) as raised:
        await authenticator.authenticate_token(theirs, PEER)
    assert raised.value.may_retry


async def test_what_is_revoked_there_is_refused_here(authenticator: NodeAuthenticator, home: Tokens) -> None:
    shown = token(home)
    principal = await authenticator.authenticate_token(shown, PEER)
    assert not authenticator.is_revoked(principal)
    authenticator.apply_secrets({"key": KEY.hex(), "revoked_tokens": {principal.credential: time.time() + 60}})
    assert authenticator.is_revoked(principal)
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(shown, PEER)
    authenticator.apply_secrets({"key": KEY.hex(), "revoked_subjects": {"ben": time.time() + 1}})
    assert await authenticator.authenticate_token(shown, PEER)
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(token(home, "ben"), PEER)


async def test_nobody_passes_for_a_user_of_home_assistant(authenticator: NodeAuthenticator, home: Tokens) -> None:
    authenticator.apply_secrets({"key": KEY.hex(), "reserved": ["user-id"]})
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(token(home, "user-id"), PEER)


async def test_another_key_makes_the_old_tokens_forgeries(authenticator: NodeAuthenticator, home: Tokens) -> None:
    authenticator.apply_secrets({"key": bytes(32).hex()})
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(token(home), PEER)


@pytest.mark.parametrize("document", [{}, {"key": "no hex"}, {"key": 5}, {"key": "00", "revoked_tokens": []}])
async def test_what_cannot_be_read_changes_nothing(
    authenticator: NodeAuthenticator, home: Tokens, document: dict[str, object]
) -> None:
    authenticator.apply_secrets(document)
    assert await authenticator.authenticate_token(token(home), PEER)
