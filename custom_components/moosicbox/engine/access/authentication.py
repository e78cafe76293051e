"""Authentication of clients: the strategy that the host of a hub (Home Assistant or a node) passes in."""

from abc import ABC, abstractmethod
from typing import Final, NamedTuple

from ..protocol.errors import AuthenticationFailed
from .rights import Principal
from .tokens import IssuedToken

INVITE_REFUSED: Final = "This invite isn't valid or has expired"
"""The one public answer to every invalid invite."""


class Peer(NamedTuple):
    """The other end of a connection before it has authenticated."""

    address: str
    request: object
    """The HTTP request that opened the connection; `None` if it isn't available in this process."""


class Authentication(ABC):
    """Authenticates clients. Home Assistant, nodes and tests each have an implementation."""

    @abstractmethod
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        """Return the principal of an access token.

        Raise AuthenticationFailed if the token isn't accepted, Unavailable if it can't be checked now.
        """

    @abstractmethod
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        """Return the current rights of a principal that was authenticated before.

        Called before a session is opened or resumed: the access may have ended since the authentication.

        Args:
            principal: The principal, as it was authenticated.
            peer: The other end of its connection; `None` if it isn't connected.

        Raises:
            AuthenticationFailed: If its access has ended.
            Unavailable: If that can't be determined now.

        """

    def admit_anonymous(self, peer: Peer) -> Principal | None:
        """Return the principal for a client without a token, or `None` to refuse it."""
        return None

    def issue_guest_token(
        self, *, sub: str, name: str, lifetime: float, permissions: frozenset[str], rooms: frozenset[str]
    ) -> IssuedToken:
        """Return a new token for a guest, valid for `lifetime` seconds and limited to `rooms`.

        Raise AuthenticationFailed if this hub issues no tokens.
        """
        raise AuthenticationFailed(INVITE_REFUSED)
