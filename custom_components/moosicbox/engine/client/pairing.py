"""Obtains a token for a device by the short code that Home Assistant shows.

The protocol's page: docs/protocol/pairing.md.
"""

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from ..protocol.errors import ConnectionClosed
from .config import API, base_url
from .credentials import Credentials
from .errors import error_from

SCHEME: Final = "moosicbox"
TIMEOUT: Final = 15.0


def parse_code(text: str) -> tuple[str, str | None]:
    """Return the code, and the hub's address if `text` is that of the QR code (`moosicbox:pair?url=…&code=…`)."""
    parts = urlsplit(text.strip())
    if parts.scheme != SCHEME:
        return text.strip(), None
    query = parse_qs(parts.query)
    return query.get("code", [""])[0], query.get("url", [None])[0]


async def pair(url: str, code: str, *, name: str, player_id: str, http: ClientSession | None = None) -> Credentials:
    """Exchange a pairing code for a token.

    Args:
        url: Home Assistant's address.
        code: The code as it was typed.
        name: The player's name in Home Assistant.
        player_id: The device's own id, chosen once and kept; see `new_player_id`.
        http: The HTTP session to use; `None` opens one for this call.

    Raises:
        AuthenticationFailed: The code is wrong, was used, or has expired.
        RateLimitExceeded: Too many wrong codes came from this address.
        ConnectionClosed: No hub answers at `url`.
        HubError: The hub refused for another reason.
    """
    address = base_url(url)
    session = http or ClientSession(timeout=ClientTimeout(total=TIMEOUT))
    try:
        async with session.post(
            address.joinpath(API, "pair"), json={"code": code, "name": name, "player_id": player_id}
        ) as response:
            answer: Any = await response.json(content_type=None)
    except (ClientError, TimeoutError, OSError, ValueError) as error:
        raise ConnectionClosed(f"No hub answers at {address}") from error
    finally:
        if http is None:
            await session.close()
    if not isinstance(answer, dict) or "token" not in answer:
        raise error_from(answer if isinstance(answer, dict) else {"message": "This is no MoosicBox hub"})
    return Credentials(str(address), answer["token"], answer["player_id"], answer["name"])
