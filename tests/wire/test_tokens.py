"""The hub's own tokens: accepted, refused, created, revoked."""

from base64 import urlsafe_b64encode
import hmac
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import Connect

from .client import Message
from .tokens import Forge, refused, revoke


async def test_the_forged_token_is_valid_without_changes(connect: Connect, forge: Forge) -> None:
    """So that the changes of the other tests are the reason of the refusals."""
    assert not await refused(connect, forge())
    assert not await refused(connect, forge(aud=["other", "moosicbox"]))
    assert not await refused(connect, forge(role=None, permissions=[]))
    assert not await refused(connect, forge(exp=int(time.time()) - 5))


@pytest.mark.parametrize(
    "twist",
    [
        {"key": b"another key of thirty-two bytes!!"},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"aud": "other"},
        {"iss": "other"},
        {"role": "emperor"},
        {"role": None, "permissions": "admin"},
        {"rooms": "party"},
        {"algorithm": "HS512"},
        *({claim: None} for claim in ("sub", "role", "aud", "iss", "iat", "exp", "jti")),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_invalid_tokens_are_refused(connect: Connect, forge: Forge, twist: dict[str, Any]) -> None:
    """Wrong signature, expired, other audience, or missing claims."""
    assert await refused(connect, forge(**twist))


async def test_a_token_without_a_signature_is_refused(connect: Connect, token: str) -> None:
    _, claims, signature = token.split(".")
    header = urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).decode().rstrip("=")
    assert await refused(connect, f"{header}.{claims}.")
    assert await refused(connect, f"{header}.{claims}.{signature}")


async def test_a_token_cannot_name_a_user_of_home_assistant(
    hass: HomeAssistant, hass_read_only_user: MockUser, connect: Connect, forge: Forge
) -> None:
    """The user may have existed before or not."""
    assert await refused(connect, forge(sub=hass_read_only_user.id))
    newcomer = await hass.auth.async_create_user("Newcomer")
    await hass.async_block_till_done()
    assert await refused(connect, forge(sub=newcomer.id))


@pytest.mark.parametrize(
    "fields",
    [
        {"sub": "anna"},
        {"sub": "no spaces", "role": "user"},
        {"sub": "anna", "role": "emperor"},
        {"sub": "anna", "permissions": ["fly"]},
        {"sub": "anna", "role": "user", "permissions": ["play"]},
        {"sub": "anna", "role": "user", "expires_in": 0},
    ],
    ids=str,
)
async def test_tokens_need_existing_permissions(
    hass: HomeAssistant, entry: MockConfigEntry, fields: dict[str, Any]
) -> None:
    with pytest.raises((vol.Invalid, ServiceValidationError)):
        await hass.services.async_call(DOMAIN, "create_token", fields, blocking=True, return_response=True)


async def test_the_sub_of_a_user_is_reserved(
    hass: HomeAssistant, hass_read_only_user: MockUser, entry: MockConfigEntry
) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN,
            "create_token",
            {"sub": hass_read_only_user.id, "role": "user"},
            blocking=True,
            return_response=True,
        )
    assert error.value.translation_key == "token_sub"


async def test_revoking_needs_a_token_or_a_sub(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await revoke(hass)
    assert error.value.translation_key == "token_unnamed"


@pytest.mark.parametrize(
    ("action", "fields", "response"),
    [("create_token", {"sub": "anna", "role": "admin"}, True), ("revoke_token", {"sub": "anna"}, False)],
)
async def test_only_administrators_create_and_revoke_tokens(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_read_only_user: MockUser,
    action: str,
    fields: Message,
    response: bool,
) -> None:
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            fields,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
            return_response=response,
        )


async def test_actions_fail_without_a_loaded_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await revoke(hass, sub="anna")
    assert error.value.translation_key == "service_config_entry_not_loaded"


async def test_a_public_key_cannot_sign_tokens(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, forge: Forge, token: str
) -> None:
    """Tokens of its private key are accepted."""
    private, foreign = (rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2))
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hass.config_entries.async_update_entry(entry, options={"trusted_keys": public.decode()})
    await hass.async_block_till_done()

    assert not await refused(connect, forge("RS256", private))
    assert not await refused(connect, token)
    assert await refused(connect, forge("RS256", foreign))
    assert await refused(connect, forge("RS512", private))
    assert await refused(connect, forge("PS256", private))
    assert await refused(connect, forge("RS256", private, aud="other"))
    assert await refused(connect, forge("RS256", private, exp=1_000_000_000))
    head, claims = (
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "HS256"}, jwt.decode(forge(), options={"verify_signature": False}))
    )
    # Signed by hand, because libraries refuse to use a public key as a secret.
    for secret in (
        public,
        public.strip(),
        private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        signature = urlsafe_b64encode(hmac.digest(secret, f"{head}.{claims}".encode(), "sha256")).decode().rstrip("=")
        assert await refused(connect, f"{head}.{claims}.{signature}")

    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    assert await refused(connect, forge("RS256", private))
