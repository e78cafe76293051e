"""Public keys that verify tokens. Each key is bound to one algorithm, so that a token can't choose the algorithm."""

import hashlib
import json
from typing import Any, Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
import jwt

MIN_RSA_BITS: Final = 2048


class TrustedKey(NamedTuple):
    """A public key of an issuer whose tokens this hub accepts."""

    algorithm: str
    key: Any
    key_id: str | None = None
    fingerprint: str = ""
    """Names the key without revealing it."""


def parse_keys(text: str) -> tuple[TrustedKey, ...]:
    """Return the keys in a PEM text or a JWKS document. Raise ValueError for anything else."""
    text = text.strip()
    if not text:
        return ()
    if text.startswith("{"):
        return _from_jwks(text)
    try:
        return (_bound(load_pem_public_key(text.encode())),)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("This is not a public key in PEM format") from error


def _from_jwks(text: str) -> tuple[TrustedKey, ...]:
    try:
        keys = jwt.PyJWKSet.from_dict(json.loads(text)).keys
    except (ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
        raise ValueError("This is not a JWKS document") from error
    return tuple(_bound(key.key, key.key_id) for key in keys)


def _bound(key: object, key_id: str | None = None) -> TrustedKey:
    match key:
        case RSAPublicKey() if key.key_size >= MIN_RSA_BITS:
            return TrustedKey("RS256", key, key_id, _fingerprint(key))
        case EllipticCurvePublicKey() if isinstance(key.curve, SECP256R1):
            return TrustedKey("ES256", key, key_id, _fingerprint(key))
        case Ed25519PublicKey():
            return TrustedKey("EdDSA", key, key_id, _fingerprint(key))
    raise ValueError(f"A public key must be RSA with at least {MIN_RSA_BITS} bits, P-256 or Ed25519")


def _fingerprint(key: RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey) -> str:
    data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "public:" + hashlib.sha256(data).hexdigest()[:16]
