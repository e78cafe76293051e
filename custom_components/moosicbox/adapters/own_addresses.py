"""Home Assistant's own addresses: which they are, and which of them players may fetch without a login."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
import secrets
from typing import Final

from homeassistant.auth import jwt_wrapper
from homeassistant.components.http.auth import DATA_SIGN_SECRET, SAFE_QUERY_PARAMS, SIGN_QUERY_PARAM, async_sign_path
from homeassistant.core import HomeAssistant
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.util.hass_dict import HassKey
import jwt
from yarl import URL

from ..const import DOMAIN
from ..engine.api import is_open_path, is_url_of, parse_url

DATA_RUN: Final[HassKey[str]] = HassKey(f"{DOMAIN}_run")


def own_urls(hass: HomeAssistant) -> list[str]:
    """Return Home Assistant's internal and external URL, as far as they are known."""
    urls = []
    for internal in (True, False):
        with suppress(NoURLAvailableError):
            urls.append(get_url(hass, allow_internal=internal, allow_external=not internal, allow_ip=True))
    return urls


def is_own_address(hass: HomeAssistant, url: str) -> bool:
    """Return whether an http(s) URL leads to this Home Assistant, as far as its addresses are known."""
    return (parsed := parse_url(url)) is not None and is_url_of(parsed, _all_urls(hass))


def is_open_or_signed(hass: HomeAssistant, url: str) -> bool:
    """Return whether a path or URL of Home Assistant can be fetched without a login."""
    parsed = URL(url, encoded=True)
    return is_open_path(parsed.path) or _has_valid_signature(hass, parsed)


def sign_path(hass: HomeAssistant, path: str, lifetime: timedelta) -> str:
    """Return an encoded path, perhaps with a query, with Home Assistant's signature."""
    # async_sign_path decodes the path, so only its query is used.
    query = async_sign_path(hass, path, lifetime, use_content_user=True).rpartition("?")[2]
    return f"{path.partition('?')[0]}?{query}"


def is_signed(path: str) -> bool:
    """Return whether a path has a signature, which isn't checked."""
    return SIGN_QUERY_PARAM in URL(path, encoded=True).query


def run_id(hass: HomeAssistant) -> str:
    """Return the id of this run of Home Assistant: after a restart, it accepts none of its earlier signatures."""
    return hass.data.setdefault(DATA_RUN, secrets.token_hex(8))


def _all_urls(hass: HomeAssistant) -> Iterable[str]:
    yield from own_urls(hass)
    with suppress(NoURLAvailableError):
        yield get_url(hass, allow_internal=False, prefer_cloud=True)
    if (api := hass.config.api) is not None:
        yield f"{'https' if api.use_ssl else 'http'}://{api.local_ip}:{api.port}"


def _has_valid_signature(hass: HomeAssistant, url: URL) -> bool:
    # As Home Assistant's own check.
    secret, signature = hass.data.get(DATA_SIGN_SECRET), url.query.get(SIGN_QUERY_PARAM)
    if secret is None or signature is None:
        return False
    try:
        claims = jwt_wrapper.verify_and_decode(signature, secret, algorithms=["HS256"], options={"verify_iss": False})
    except jwt.InvalidTokenError:
        return False
    signed = [[key, value] for key, value in url.query.items() if key not in {*SAFE_QUERY_PARAMS, SIGN_QUERY_PARAM}]
    return bool(claims["path"] == url.path and claims["params"] == signed)
