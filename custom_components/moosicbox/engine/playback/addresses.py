"""Media at http(s) URLs, which need no provider, and Home Assistant's own addresses among them."""

from collections.abc import Iterable
from contextlib import suppress
import hashlib
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
import re
import socket
from typing import Final, NamedTuple
import unicodedata
from urllib.parse import unquote, urlsplit

from msgspec import UNSET

from ..protocol.types import Track

OPEN_PATHS: Final = ("/local/", "/api/tts_proxy/")
"""Paths of Home Assistant that need no signature."""
AMBIGUOUS: Final = re.compile(r"[\x00-\x1f\x7f\\]|^ ")
"""Characters that clients remove from a URL or replace by others. A URL with one of them isn't accepted."""
LOCAL_NAMES: Final = (".local", ".localhost", ".lan", ".home", ".internal", ".home.arpa")
"""The ends of names that are resolved in the local network only."""
DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ParsedUrl(NamedTuple):
    """A URL as clients read it."""

    host: str
    """Canonical: an IP address, or a name in lower case."""
    port: int
    path: str
    """Decoded."""
    query: str


def parse_url(url: str) -> ParsedUrl | None:
    """Return the parts of an http(s) URL; `None` for anything else, or if clients may read it in different ways."""
    if AMBIGUOUS.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return None
    return ParsedUrl(
        _canonical_host(parts.hostname), port or DEFAULT_PORTS[parts.scheme], unquote(parts.path), parts.query
    )


_HOST: Final = re.compile(r"(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?")
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that no host and port may contain; urlsplit removes some of them silently."""


def is_http_url(media_content_id: str) -> bool:
    """Return whether a media content id is an http(s) URL with a valid host and port."""
    if parse_url(media_content_id) is None:
        return False
    parts = urlsplit(media_content_id)
    if _UNSAFE.search(parts.netloc):
        return False
    try:
        return parts.port != 0 and _is_host(parts.hostname or "", bracketed="[" in parts.netloc)
    except ValueError:
        return False


def is_open_path(path: str) -> bool:
    """Return whether a decoded path of Home Assistant is that of a file that needs no signature."""
    if AMBIGUOUS.search(path) or not {".", ".."}.isdisjoint(path.split("/")):
        return False
    return path.startswith(OPEN_PATHS) and not path.endswith("/")


def is_url_of(url: ParsedUrl, server_urls: Iterable[str]) -> bool:
    """Return whether a URL belongs to a server in the local network with these URLs, of which each has a port.

    A server may have more names than its URLs tell: loopback addresses and local names belong to it if the port does.
    """
    servers = [known for server in server_urls if (known := parse_url(server)) is not None]
    if any((known.host, known.port) == (url.host, url.port) for known in servers):
        return True
    return any(known.port == url.port for known in servers) and _is_local_name(url.host)


def _canonical_host(host: str) -> str:
    host = unicodedata.normalize("NFKC", unquote(host)).lower().rstrip(".")
    with suppress(OSError):
        # Also the forms 127.1, 0x7f000001 and 2130706433, which clients accept.
        return socket.inet_ntoa(socket.inet_aton(host))
    with suppress(ValueError):
        address = ip_address(host.strip("[]"))
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return str(address)
    return host


def _is_local_name(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(LOCAL_NAMES)
    return address.is_loopback or address.is_unspecified


def _is_host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        return bool(IPv6Address(host))
    if len(host) > 253 or _HOST.fullmatch(host) is None:
        return False
    # A name whose last part is a number is an address of IPv4, or nothing.
    return bool(IPv4Address(host)) if host.rstrip(".").rpartition(".")[2].isdecimal() else True


def url_track_id(media_content_id: str) -> str:
    """Return the track id of a URL, the same on every node."""
    return "m-" + hashlib.sha256(media_content_id.encode()).hexdigest()[:24]


def title_from_path(name: str) -> str:
    """Return a title made of a file name, as long as there are no tags."""
    return Path(unquote(name)).stem[:200] or "?"


def track_from_url(url: str, title: str | None = None, *, live: bool = False) -> Track:
    """Return the track at a URL, without tags; without a `title`, it is named after its path."""
    name = urlsplit(url).path.rstrip("/") or url
    return Track(
        track_id=url_track_id(url),
        title=(title or title_from_path(name))[:200],
        media_content_id=url,
        live=live or UNSET,
    )


def server_of(url: str) -> str:
    """Return the name of a URL's server, for the log: the whole URL may contain a password."""
    return "?" if (parsed := parse_url(url)) is None else parsed.host
