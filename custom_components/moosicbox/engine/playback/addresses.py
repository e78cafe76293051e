"""Media at http(s) URLs, which need no provider."""

import hashlib
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from ..protocol.types import Track

SAFE_CHARACTERS: Final = "/:?#[]@!$&'()*+,;=%~-._"
"""Characters that are left as they are in a URL."""


def is_http_url(media_content_id: str) -> bool:
    """Return whether a media content id is an http(s) URL."""
    if not media_content_id[:8].lower().startswith(("http://", "https://")):
        return False
    try:
        return bool(urlsplit(media_content_id).hostname)
    except ValueError:
        return False


def url_track_id(media_content_id: str) -> str:
    """Return the track id of a URL, the same on every node."""
    return "m-" + hashlib.sha256(media_content_id.encode()).hexdigest()[:24]


def title_from_path(name: str) -> str:
    """Return a title made of a file name, as long as there are no tags."""
    return Path(unquote(name)).stem[:200] or "?"


def track_from_url(url: str) -> Track:
    """Return the track at a URL, without tags."""
    name = urlsplit(url).path.rstrip("/") or url
    return Track(track_id=url_track_id(url), title=title_from_path(name), media_content_id=url)


def encode_url(source: str) -> str:
    """Return a URL, or a path of the hub, with all unsafe characters encoded."""
    return quote(source, safe=SAFE_CHARACTERS)
