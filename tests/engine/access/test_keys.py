"""Tokens of other issuers, verified by their public keys."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
import jwt
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
import pytest

from custom_components.moosicbox.engine.access.keys import parse_keys
from custom_components.moosicbox.engine.access.tokens import Revocations, Tokens
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed

SECRET = b"k" * 32
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
KEYS = [(RSA, "RS256", RSAAlgorithm), (EC, "ES256", ECAlgorithm), (ED, "EdDSA", OKPAlgorithm)]


def pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": "radio",
        "role": "user",
        "aud": "moosicbox",
        "iss": "https://login.example",
        "iat": now,
        "exp": now + 60,
        "jti": "one",
    } | more


def tokens(text: str, issuer: str = "") -> Tokens:
    made = Tokens(SECRET, Revocations())
    made.trust(parse_keys(text), issuer)
    return made


@pytest.mark.parametrize(("key", "algorithm", "_kind"), KEYS)
def test_tokens_of_a_trusted_key_are_accepted(key: Any, algorithm: str, _kind: Any) -> None:
    assert tokens(pem(key)).verify(jwt.encode(claims(), key, algorithm)).sub == "radio"


@pytest.mark.parametrize(("key", "algorithm", "kind"), KEYS)
def test_a_jwks_document_names_keys_by_id(key: Any, algorithm: str, kind: Any) -> None:
    other = rsa.generate_private_key(65537, 2048)
    document = {
        "keys": [
            kind.to_jwk(key.public_key(), as_dict=True) | {"kid": "mine"},
            RSAAlgorithm.to_jwk(other.public_key(), as_dict=True) | {"kid": "other"},
        ]
    }
    checked = tokens(json.dumps(document))
    assert checked.verify(jwt.encode(claims(), key, algorithm, headers={"kid": "mine"})).sub == "radio"
    with pytest.raises(AuthenticationFailed):
        checked.verify(jwt.encode(claims(), key, algorithm, headers={"kid": "other"}))


def test_the_right_one_of_two_keys_without_ids_is_found() -> None:
    other = rsa.generate_private_key(65537, 2048)
    document = {"keys": [RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) for key in (other, RSA)]}
    assert tokens(json.dumps(document)).verify(jwt.encode(claims(), RSA, "RS256")).sub == "radio"


def test_a_public_key_is_not_accepted_as_a_secret() -> None:
    header = jwt.encode(claims(iss="moosicbox"), "x" * 32, "HS256").split(".")
    signed = hmac.digest(pem(RSA).encode(), ".".join(header[:2]).encode(), hashlib.sha256)
    forged = ".".join([*header[:2], base64.urlsafe_b64encode(signed).rstrip(b"=").decode()])
    with pytest.raises(AuthenticationFailed) as refused:
        tokens(pem(RSA)).verify(forged)
    assert refused.value.forged


def test_an_issuer_can_be_required() -> None:
    token = jwt.encode(claims(), RSA, "RS256")
    assert tokens(pem(RSA), "https://login.example").verify(token).sub == "radio"
    with pytest.raises(AuthenticationFailed):
        tokens(pem(RSA), "https://elsewhere.example").verify(token)


def test_tokens_of_an_untrusted_key_are_refused() -> None:
    with pytest.raises(AuthenticationFailed) as refused:
        tokens(pem(EC)).verify(jwt.encode(claims(), RSA, "RS256"))
    assert refused.value.forged


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "{}",
        '{"keys": 3}',
        '{"keys": []}',
        pem(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - the point of it
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
    ids=["nonsense", "empty object", "keys is a number", "no keys", "short RSA", "P-384"],
)
def test_invalid_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"public key|JWKS"):
        parse_keys(text)


def test_an_empty_text_holds_no_keys() -> None:
    assert parse_keys(" \n") == ()


def test_tokens_of_a_key_that_was_removed_are_refused() -> None:
    checked = tokens(pem(RSA))
    token = jwt.encode(claims(), RSA, "RS256")
    assert checked.verify(token).sub == "radio"
    checked.trust(())
    with pytest.raises(AuthenticationFailed):
        checked.verify(token)


def test_a_remembered_token_still_expires_and_can_be_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = tokens(pem(RSA))
    token, other = (jwt.encode(claims(jti=jti), RSA, "RS256") for jti in ("one", "two"))
    assert checked.verify(token) == checked.verify(token)
    assert checked.verify(other).credential == "two"
    checked.revocations.tokens["two"] = time.time() + 60
    with pytest.raises(AuthenticationFailed):
        checked.verify(other)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 71)
    with pytest.raises(AuthenticationFailed) as refused:
        checked.verify(token)
    assert refused.value.expired
