"""Media at http(s) URLs, which need no provider."""

import hashlib
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from ..protocol.types import Track

SAFE_CHARACTERS: Final = "/:?#[]@!$&'()*+,;=%~-._"
"""Characters that are left as they are in a URL."""


_HOST: Final = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?")
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that no host and port may contain; urlsplit removes some of them without a word."""


def is_http_url(media_content_id: str) -> bool:
    """Return whether a media content id is an http(s) URL with a valid host and port."""
    if not media_content_id[:8].lower().startswith(("http://", "https://")):
        return False
    authority = re.split(r"[/?#]", media_content_id.partition("://")[2], maxsplit=1)[0]
    if _UNSAFE.search(authority) or re.search(r"[\r\n\t\0]", media_content_id):
        return False
    try:
        parts = urlsplit(media_content_id)
        return parts.port != 0 and _is_host(parts.hostname or "", bracketed="[" in authority)
    except ValueError:
        return False


def _is_host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        return bool(IPv6Address(host))
    if len(host) > 253 or _HOST.fullmatch(host) is None:
        return False
    # A name whose last part is a number is an address of IPv4, or nothing.
    return bool(IPv4Address(host)) if host.rstrip(".").rpartition(".")[2].isdecimal() else True


def is_clean_path(path: str) -> bool:
    """Return whether a path on the hub's web server names a file, and nothing outside of its folder."""
    name = unquote(path.partition("?")[0])
    return not name.endswith("/") and not _UNSAFE.search(path.replace(" ", "")) and ".." not in name.split("/")


def url_track_id(media_content_id: str) -> str:
    """Return the track id of a URL, the same on every node."""
    return "m-" + hashlib.sha256(media_content_id.encode()).hexdigest()[:24]


def title_from_path(name: str) -> str:
    """Return a title made of a file name, as long as there are no tags."""
    return Path(unquote(name)).stem[:200] or "?"


def track_from_url(url: str, title: str | None = None) -> Track:
    """Return the track at a URL, without tags; without a `title`, it is named after its path."""
    name = urlsplit(url).path.rstrip("/") or url
    return Track(track_id=url_track_id(url), title=(title or title_from_path(name))[:200], media_content_id=url)


def encode_url(source: str) -> str:
    """Return a URL, or a path of the hub, with all unsafe characters encoded."""
    return quote(source, safe=SAFE_CHARACTERS)
