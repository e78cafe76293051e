"""Clients without a token, and origins of pages."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import WSServerHandshakeError
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters import authentication
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Connect
from tests.http import HttpClient

from .client import CONTROLLER, PATH, Client, player, resume_of
from .poller import SESSIONS, authenticate

FORWARDED = "X-Forwarded-For"


@pytest.fixture
async def proxied(hass: HomeAssistant) -> None:
    """Home Assistant with a trusted proxy on this machine, which names the real addresses."""
    http = {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}
    assert await async_setup_component(hass, "http", {"http": http})


type LetIn = Callable[..., Awaitable[bool]]


@pytest.fixture
def open_hub(hub: Hub) -> Hub:
    """A hub that needs no token."""
    hub.configure(replace(hub.limits, require_auth=False))
    return hub


@pytest.fixture
def let_in(http: HttpClient, open_hub: Hub) -> LetIn:
    """Return whether a client without a token is admitted."""

    async def let_in(**headers: str) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = await Client.connect(http, headers=named)
        await client.send("authenticate", client=CONTROLLER)
        answer = await client.receive()
        welcome = answer["type"] == "welcome"
        assert welcome or (answer["error_type"], await client.closed()) == ("authentication_failed", (4501, []))
        await client.close()
        return bool(welcome)

    return let_in


async def test_an_anonymous_client_may_only_listen(open_hub: Hub, connect: Connect, kitchen: Client) -> None:
    """The greeting says that no token is needed."""
    client = await connect()
    assert client.hello["auth_required"] is False
    welcome = await client.authenticate()
    assert welcome["permissions"] == ["listen"]
    assert "player:kitchen" in welcome["positions"]
    for type_, fields in (
        ("volume_command", {"player_id": "kitchen", "volume": 0}),
        ("queue_command", {"player_id": "kitchen", "action": "clear"}),
        ("broadcast", {"target": "all", "message": "x"}),
        ("library_request", {"request_type": "recent"}),
        ("get_clients", {}),
    ):
        assert (await client.request(type_, **fields))["error_type"] == "permission_denied", type_
    other = await connect()
    await other.send("authenticate", client=player("attic"))
    code, (error,) = await other.closed()
    assert (code, error["error_type"]) == (4501, "permission_denied")


async def test_requiring_tokens_disconnects_anonymous_clients(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, controller: Client
) -> None:
    """They can't resume by their secret."""
    hass.config_entries.async_update_entry(entry, options={"require_auth": False})
    await hass.async_block_till_done()
    stranger = await connect()
    await stranger.authenticate()
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    assert (await stranger.closed())[0] == 4503
    again = await connect()
    await again.send("authenticate", client=CONTROLLER, resume=resume_of(stranger))
    assert (await again.closed())[0] == 4501
    await controller.arrived()


async def test_a_bad_token_is_refused_even_if_none_is_needed(open_hub: Hub, connect: Connect) -> None:
    client = await connect()
    await client.send("authenticate", token="forged", client=CONTROLLER)
    assert (await client.closed())[0] == 4501


async def test_polling_always_needs_a_token(http: HttpClient, open_hub: Hub) -> None:
    assert (await http.post(SESSIONS, json=authenticate())).status == 401


async def test_only_private_addresses_may_be_anonymous(proxied: None, let_in: LetIn) -> None:
    """As the trusted proxy names them."""
    for address in "192.168.1.20", "10.0.0.7", "fd00::7":
        assert await let_in(**{FORWARDED: address}), address
    for address in "8.8.8.8", "2001:4860:4860::8888", "100.64.0.1":
        assert not await let_in(**{FORWARDED: address}), address


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Forwarded",
            "Via",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Server",
            "X-Original-Forwarded-For",
        ),
        *("X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "CF-Connecting-IP", "CF-Ray", "True-Client-IP"),
        *("Fastly-Client-IP", "Fly-Client-IP", "X-Envoy-External-Address"),
    ],
)
async def test_unchecked_forwarding_headers_are_refused(let_in: LetIn, header: str) -> None:
    assert await let_in(Accept="*/*", User_Agent="Radio")
    assert not await let_in(**{header: "192.168.1.20"})


async def test_companions_of_a_checked_forwarding_header_are_accepted(proxied: None, let_in: LetIn) -> None:
    """As usual proxies send them."""
    address = {FORWARDED: "192.168.1.20"}
    assert await let_in(**address, X_Forwarded_Proto="http", X_Forwarded_Host="hub.example")
    assert not await let_in(**address, X_Real_IP="192.168.1.20")


async def test_untrusted_proxies_are_refused(http: HttpClient, open_hub: Hub) -> None:
    """By Home Assistant itself."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(PATH, headers={FORWARDED: "192.168.1.20"})
    assert refused.value.status == 400


async def test_cloud_connections_may_not_be_anonymous(let_in: LetIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "is_cloud_connection", lambda _hass: True)
    assert not await let_in()


async def test_only_own_pages_may_be_anonymous(hass: HomeAssistant, http: HttpClient, let_in: LetIn) -> None:
    """By their URL; the requested host isn't enough."""
    await hass.config.async_update(internal_url="http://homeassistant.local:8123")
    assert await let_in(Origin="http://homeassistant.local:8123")
    assert not await let_in(Origin=f"http://{http.host}:{http.port}")


async def test_allowed_origins_admit_other_pages(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect, token: str
) -> None:
    """At once, exactly, for both transports; but not without a token."""
    page = {"Origin": "https://radio.example"}
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(PATH, headers=page)
    assert refused.value.status == 403
    options = {"allowed_origins": ["https://radio.example"], "require_auth": False}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()

    await (await connect(headers=page)).authenticate(token)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await http.post(SESSIONS, headers=page | bearer, json=authenticate())).status == 200
    for origin in "http://radio.example", "https://radio.example:444", "https://radio.example.org":
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(PATH, headers={"Origin": origin})
        assert refused.value.status == 403
    stranger = await connect(headers=page)
    await stranger.send("authenticate", client=CONTROLLER)
    assert (await stranger.closed())[0] == 4501


async def test_unauthenticated_clients_are_counted_by_their_real_addresses(
    proxied: None, http: HttpClient, hub: Hub, connect: Connect
) -> None:
    """Behind a trusted proxy."""
    hub.configure(replace(hub.limits, max_unauthenticated_per_address=1))
    first = await connect(headers={FORWARDED: "203.0.113.5"})
    await connect(headers={FORWARDED: "203.0.113.6"})
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(PATH, headers={FORWARDED: "203.0.113.5"})
    assert refused.value.status == 429
    await first.close()
    await connect(headers={FORWARDED: "203.0.113.5"})
