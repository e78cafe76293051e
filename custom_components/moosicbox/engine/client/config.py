"""The settings of a client."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

from yarl import URL

from ..protocol.client import ClientInfo

API: Final = "api/moosicbox"

type GetToken = Callable[[bool], Awaitable[str]]
"""Returns a token. Its argument asks for a fresh one: the previous one was refused or has expired."""
type Transport = Literal["auto", "websocket", "polling"]


class InvalidAddress(ValueError):
    """A text that is no address of a Home Assistant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """All settings of a client; times in seconds."""

    url: str
    """Home Assistant's address, such as `http://homeassistant.local:8123`."""
    client: ClientInfo
    """The description of this client for the hub (protocol: `authenticate`)."""
    token: str | None = None
    """A token of the hub or of Home Assistant; `None` for a hub that needs none."""
    get_token: GetToken | None = None
    """Used instead of `token` for tokens that expire."""
    subscribe: tuple[str, ...] | None = None
    """The topics to follow; `None` for the hub's default ("Default subscriptions" in docs/protocol/topics.md)."""
    transport: Transport = "auto"
    """`auto` polls where WebSockets don't get through."""
    reconnect_attempts: int | None = None
    """Failed attempts in a row before giving up; `None` for no limit."""
    reconnect_delay: float | None = None
    """A fixed delay between attempts; `None` for growing, random delays."""
    connect_timeout: float | None = None
    """How long entering the client waits for the first welcome; `None` for no limit."""
    request_timeout: float = 10
    """How long a request waits for its answer, unless the call says otherwise."""
    heartbeat_interval: float | None = None
    """Silence after which the hub is pinged; `None` for the interval that the hub names."""
    heartbeat_timeout: float = 5
    """How long the hub may take to answer that ping."""
    max_events: int = 1_000
    """Events that may wait for one consumer before it gets `EventsLost`."""
    max_requests: int = 256
    """Requests that may wait for their answers before `Unavailable` is raised."""
    mirror: bool = True
    """Keep `MoosicBoxClient.mirror` up to date."""
    sync_clock: bool = False
    """Measure the hub's clock to the millisecond, as players need it."""

    def address(self, *path: str) -> URL:
        """Return an address of the hub's API."""
        return base_url(self.url).joinpath(API, *path)

    async def fetch_token(self, fresh: bool) -> str | None:
        """Return the token to authenticate with, or `None` for a client without one.

        Args:
            fresh: The previous token must not be used again.
        """
        return self.token if self.get_token is None else await self.get_token(fresh)


def base_url(text: str) -> URL:
    """Return Home Assistant's address for what a user entered.

    Accepts an address without a scheme, with `ws:` or `wss:`, or with a path of the hub's API.

    Raises:
        InvalidAddress: This is no address.
    """
    try:
        url = URL(text if "://" in text else f"http://{text}")
    except ValueError as error:
        raise InvalidAddress(f"{text!r} is no address of a Home Assistant") from error
    scheme = {"ws": "http", "wss": "https"}.get(url.scheme, url.scheme)
    if scheme not in ("http", "https") or not url.host:
        raise InvalidAddress(f"{text!r} is no address of a Home Assistant")
    path = url.path.partition(f"/{API}")[0]
    return url.with_scheme(scheme).with_path(path or "/")
