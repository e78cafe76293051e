"""Authentication on a node: checks the hub's own tokens by the key that Home Assistant shares with all nodes.

Home Assistant's access tokens can be checked by Home Assistant alone.
"""

import logging
import time
from typing import Any, Final, override

import msgspec

from ..access.authentication import Authentication, Peer
from ..access.hub_keys import HubKeys, HubSecret, derive_keys, raw_keys
from ..access.keys import parse_keys
from ..access.pairing import is_of_deleted_player
from ..access.rights import Principal
from ..access.tokens import REFUSED, IssuedToken, Revocations, Tokens, read_claims
from ..limits import Limits
from ..protocol.errors import AuthenticationFailed, Unavailable

_LOGGER = logging.getLogger(__name__)

SECRETS_DOCUMENT: Final = "secrets"
"""The name of the shared document with `SharedSecrets`."""
RETRY_SECONDS: Final = 5.0
OFFLINE: Final = "Home Assistant is offline, and only it can check its own tokens"


class SharedSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """The data that a node needs to check tokens, as Home Assistant shares it."""

    key: str
    """The current secret, hexadecimal."""
    keys: tuple[HubSecret, ...] = ()
    """All valid secrets, the current one first; earlier versions of the integration share only `key`."""
    revoked_tokens: dict[str, float] = {}
    revoked_subjects: dict[str, float] = {}
    reserved: frozenset[str] = frozenset()
    """Ids of Home Assistant's users; no token of the hub may have one as its `sub`."""
    paired: frozenset[str] | None = None
    """Ids of the paired players; tokens of other, deleted ones are refused."""


class NodeAuthenticator(Authentication):
    """Checks tokens, and issues tokens for guests."""

    def __init__(self, limits: Limits) -> None:
        self.keys = HubKeys((), ())
        self._tokens: Tokens | None = None
        self._reserved: frozenset[str] = frozenset()
        self._paired: frozenset[str] | None = None
        self._trusted = parse_keys(limits.trusted_keys)
        self._trusted_issuer = limits.trusted_issuer

    def apply_secrets(self, document: dict[str, Any] | None) -> None:
        """Use the shared secrets from now on. A document that can't be read is logged and ignored."""
        if document is None:
            return
        try:
            shared = msgspec.convert(document, SharedSecrets)
            keys = derive_keys(shared.keys) if shared.keys else raw_keys(shared.key)
        except (msgspec.ValidationError, ValueError) as error:
            _LOGGER.warning("Home Assistant's shared secrets can't be read; does it run another version? %s", error)
            return
        self._reserved, self._paired = shared.reserved, shared.paired
        revocations = Revocations(dict(shared.revoked_tokens), dict(shared.revoked_subjects))
        if self._tokens is None:
            self._tokens = Tokens(keys.tokens[0].key, revocations, lambda sub: sub in self._reserved)
            self._tokens.trust(self._trusted, self._trusted_issuer)
        self._tokens.revocations = revocations
        if keys != self.keys:
            self.keys = keys
            self._tokens.use(keys.tokens)

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        tokens = self._known_tokens()
        if not read_claims(token).is_ours:
            raise Unavailable(OFFLINE, retry_after=RETRY_SECONDS)
        return self.verify_again(tokens.verify(token), peer)

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        tokens = self._known_tokens()
        if principal.issued_at is None:
            # Only the hub's own tokens have a time of issue.
            raise Unavailable(OFFLINE, retry_after=RETRY_SECONDS)
        if self._paired is not None and is_of_deleted_player(principal.sub, self._paired):
            raise AuthenticationFailed(REFUSED)
        return tokens.verify_again(principal)

    @override
    def issue_guest_token(
        self, *, sub: str, name: str, lifetime: float, permissions: frozenset[str], rooms: frozenset[str]
    ) -> IssuedToken:
        return self._known_tokens().issue(
            sub=sub, name=name, now=time.time(), lifetime=lifetime, permissions=permissions, rooms=rooms
        )

    def _known_tokens(self) -> Tokens:
        if self._tokens is None:
            raise Unavailable(
                "This node has not received the signing key from Home Assistant yet", retry_after=RETRY_SECONDS
            )
        return self._tokens
