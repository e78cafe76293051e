"""Gets a token of its own for a box, by the short code that Home Assistant shows."""

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
    """The code, and the address if the text is a QR code's: `moosicbox:pair?url=…&code=…`."""
    parts = urlsplit(text.strip())
    if parts.scheme != SCHEME:
        return text.strip(), None
    query = parse_qs(parts.query)
    return query.get("code", [""])[0], query.get("url", [None])[0]


async def pair(url: str, code: str, *, name: str, player_id: str, http: ClientSession | None = None) -> Credentials:
    """Trade the code for a token; raises the hub's refusal."""
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
