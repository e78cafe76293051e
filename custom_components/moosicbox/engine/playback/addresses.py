"""Music at plain addresses: what can be known of it without asking anybody."""

import hashlib
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from ..protocol.types import Track

CHARACTERS: Final = "/:?#[]@!$&'()*+,;=%~-._"
"""What an address may hold as it is."""


def is_plain(media_content_id: str) -> bool:
    """Whether this is the address of something elsewhere."""
    if not media_content_id[:8].lower().startswith(("http://", "https://")):
        return False
    try:
        return bool(urlsplit(media_content_id).hostname)
    except ValueError:
        return False


def id_of(media_content_id: str) -> str:
    """The track's id, the same on every node."""
    return "m-" + hashlib.sha256(media_content_id.encode()).hexdigest()[:24]


def title_of(name: str) -> str:
    """What a file or an address is called until more is known."""
    return Path(unquote(name)).stem[:200] or "?"


def track_at(url: str) -> Track:
    """What plays at this address."""
    name = urlsplit(url).path.rstrip("/") or url
    return Track(track_id=id_of(url), title=title_of(name), media_content_id=url)


def as_url(source: str) -> str:
    """The address as a player fetches it."""
    return quote(source, safe=CHARACTERS)
