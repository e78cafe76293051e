"""The authentication on a node while Home Assistant is offline."""

import time

import jwt
import pytest

from custom_components.moosicbox.engine.access.authentication import Peer
from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.node.authenticator import NodeAuthenticator
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed, Unavailable

KEY = bytes(range(32))
PEER = Peer("192.0.2.7", None)


@pytest.fixture
def home() -> Tokens:
    """Issue tokens with the key that Home Assistant shares."""
    return Tokens(KEY, Revocations())


@pytest.fixture
def authenticator() -> NodeAuthenticator:
    node_authenticator = NodeAuthenticator(Limits())
    node_authenticator.apply_secrets({"key": KEY.hex()})
    return node_authenticator


def token(home: Tokens, sub: str = "ada") -> str:
    return home.issue(sub=sub, name="Ada", now=time.time(), lifetime=60, role="user").token


async def test_hub_tokens_are_accepted(authenticator: NodeAuthenticator, home: Tokens) -> None:
    principal = await authenticator.authenticate_token(token(home), PEER)
    assert (principal.sub, principal.is_admin) == ("ada", False)
    ours = authenticator.issue_guest_token(
        sub="guest:1", name="Guest", lifetime=60, permissions=frozenset({"listen"}), rooms=frozenset()
    )
    assert home.verify(ours.token).sub == "guest:1"


async def test_unavailable_before_the_secrets_arrive(home: Tokens) -> None:
    node_authenticator = NodeAuthenticator(Limits())
    node_authenticator.apply_secrets(None)
    with pytest.raises(Unavailable) as raised:
        await node_authenticator.authenticate_token(token(home), PEER)
    assert raised.value.retryable
    assert node_authenticator.keys.addresses == ()


async def test_home_assistant_tokens_are_unavailable(authenticator: NodeAuthenticator) -> None:
    theirs = jwt.encode({"iss": "refresh-token-id", "exp": time.time() + 60}, "theirs", "HS256")
    with pytest.raises(Unavailable) as raised:
        await authenticator.authenticate_token(theirs, PEER)
    assert raised.value.retryable


async def test_revoked_tokens_are_refused(authenticator: NodeAuthenticator, home: Tokens) -> None:
    issued = token(home)
    principal = await authenticator.authenticate_token(issued, PEER)
    assert authenticator.verify_again(principal, PEER) == principal
    authenticator.apply_secrets({"key": KEY.hex(), "revoked_tokens": {principal.credential: time.time() + 60}})
    with pytest.raises(AuthenticationFailed):
        authenticator.verify_again(principal, None)
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(issued, PEER)
    authenticator.apply_secrets({"key": KEY.hex(), "revoked_subjects": {"ben": time.time() + 1}})
    await authenticator.authenticate_token(issued, PEER)
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(token(home, "ben"), PEER)


async def test_reserved_user_ids_are_refused(authenticator: NodeAuthenticator, home: Tokens) -> None:
    authenticator.apply_secrets({"key": KEY.hex(), "reserved": ["user-id"]})
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(token(home, "user-id"), PEER)


async def test_tokens_of_deleted_players_are_refused(authenticator: NodeAuthenticator, home: Tokens) -> None:
    kept, deleted = token(home, "paired:kitchen"), token(home, "paired:attic")
    principal = await authenticator.authenticate_token(deleted, PEER)
    authenticator.apply_secrets({"key": KEY.hex(), "paired": ["kitchen"]})
    await authenticator.authenticate_token(kept, PEER)
    await authenticator.authenticate_token(token(home), PEER)
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(deleted, PEER)
    with pytest.raises(AuthenticationFailed):
        authenticator.verify_again(principal, PEER)


async def test_home_assistants_logins_cannot_be_verified_again(authenticator: NodeAuthenticator) -> None:
    principal = Principal(sub="user-id", name="User", permissions=frozenset(), credential="login")
    with pytest.raises(Unavailable):
        authenticator.verify_again(principal, PEER)


@pytest.mark.parametrize("text", ["", "x", "eyJ.not.ours"])
async def test_anything_but_a_token_is_refused(authenticator: NodeAuthenticator, text: str) -> None:
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(text, PEER)


async def test_tokens_of_a_previous_key_are_refused(authenticator: NodeAuthenticator, home: Tokens) -> None:
    authenticator.apply_secrets({"key": bytes(32).hex()})
    with pytest.raises(AuthenticationFailed):
        await authenticator.authenticate_token(token(home), PEER)


@pytest.mark.parametrize("document", [{}, {"key": "no hex"}, {"key": 5}, {"key": "00", "revoked_tokens": []}])
async def test_invalid_document_changes_nothing(
    authenticator: NodeAuthenticator, home: Tokens, document: dict[str, object]
) -> None:
    authenticator.apply_secrets(document)
    await authenticator.authenticate_token(token(home), PEER)
