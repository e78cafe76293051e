"""Whether a browser's page may talk to the hub: its Origin must be one that belongs to this house."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_allowed(origin: str | None, host: str, allowed: Callable[[], Iterable[str]]) -> bool:
    """Exact match with the asked `host` (scheme aside: a proxy may end TLS) or one of `allowed`; no Origin, no browser."""
    if origin is None:
        return True
    if (asking := _parts(origin)) is None:
        return False
    scheme, name, port = asking
    if (name, port) == _host_parts(host, scheme):
        return True
    return any(_parts(url) == asking for url in allowed())


def _parts(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS[parts.scheme]


def _host_parts(host: str, scheme: str) -> tuple[str, int] | None:
    parts = _parts(f"{scheme}://{host}")
    return None if parts is None else parts[1:]
