"""What a client is told about its hub and about itself."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from yarl import URL

from ..protocol.client import ClientInfo

API: Final = "api/moosicbox"

type GetToken = Callable[[bool], Awaitable[str]]
"""Brings a token; True asks for a fresh one, since the one before was refused or has expired."""
type TransportChoice = Literal["auto", "websocket", "polling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """All settings of a client; times in seconds."""

    url: str
    """Home Assistant's address, such as `http://homeassistant.local:8123`."""
    client: ClientInfo
    token: str | None = None
    get_token: GetToken | None = None
    """Instead of `token`, for tokens that don't last."""
    subscribe: tuple[str, ...] | None = None
    """Topics; None: what the hub gives by itself."""
    transport: TransportChoice = "auto"
    reconnect_attempts: int | None = None
    """Failed attempts in a row after which to give up; None: never."""
    reconnect_delay: float | None = None
    """A fixed delay between attempts; None: longer and longer ones, each a random part of a bound."""
    connect_timeout: float | None = None
    """How long entering waits for the first welcome; None: as long as it takes."""
    request_timeout: float = 10
    heartbeat_interval: float | None = None
    """After so long a silence the hub is asked whether it is there; None: as the hub says."""
    heartbeat_timeout: float = 5
    max_events: int = 1_000
    """What may wait for one consumer of events."""
    max_requests: int = 256
    """How many requests may wait for their answers."""
    mirror: bool = True
    """Whether players, rooms and queues are kept in step."""
    sync_clock: bool = False
    """Whether the hub's clock is followed to the millisecond; players need that."""

    def address(self, *path: str) -> URL:
        """An address of the hub's."""
        return base_url(self.url).joinpath(API, *path)

    async def fetch_token(self, fresh: bool) -> str | None:
        """The token to show; None: there is none."""
        return self.token if self.get_token is None else await self.get_token(fresh)


def base_url(text: str) -> URL:
    """Home Assistant's own address, from whatever a user calls it: without a scheme, `ws:`, or with a path of the hub's."""
    url = URL(text if "://" in text else f"http://{text}")
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    if scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{text!r} is no address of a Home Assistant")
    path = url.path.partition(f"/{API}")[0]
    return url.with_scheme(scheme).with_path(path or "/")
