"""Origin checks: which pages may connect to the hub from a browser."""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def origin_allowed(origin: str | None, host: str, allowed: Callable[[], Iterable[str]]) -> bool:
    """Return whether a page of `origin` may connect.

    The origin must match the requested `host` (with any scheme, because a proxy may terminate TLS) or one of
    `allowed`. Requests without an Origin header don't come from pages and are allowed.
    """
    if origin is None:
        return True
    if (requested := _parts(origin)) is None:
        return False
    scheme, name, port = requested
    if (name, port) == _host_parts(host, scheme):
        return True
    return any(_parts(url) == requested for url in allowed())


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
