"""The upgrade and the first message: admission, and each reason of refusal."""

from dataclasses import replace
import json
from typing import Any

from aiohttp import WSServerHandshakeError
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import VERSION
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Connect, CreateToken, ManualClock
from tests.http import HttpClient

from .client import CONTROLLER, PATH, Client, player


async def refusal(client: Client) -> tuple[int | None, str]:
    """Return the close code and the error before it."""
    code, (error,) = await client.closed()
    assert error["type"] == "error"
    assert error["retryable"] is False
    assert error["message"]
    return code, error["error_type"]


async def upgrade(http: HttpClient, **options: Any) -> WSServerHandshakeError:
    """Request an upgrade that is refused."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(PATH, **options)
    return refused.value


async def test_hello_describes_the_hub(connect: Connect, hub: Hub, clock: ManualClock) -> None:
    hello = (await connect()).hello

    assert hello.pop("node_id")
    assert hello.pop("limits").items() >= {"max_message_size": 262_144, "messages_per_minute": 1_200}.items()
    features = hello.pop("features")
    assert features.items() >= {"queue": 2, "resume": 1, "sync": 1}.items()
    assert hello == {
        "type": "hello",
        "protocol": {"min": 1, "max": 1},
        "server": f"moosicbox/{VERSION}",
        "clock_id": clock.clock_id,
        "server_time_us": clock.now_us(),
        "auth_required": True,
        "authenticated": False,
        "heartbeat_interval": hub.limits.heartbeat_interval,
    }


async def test_welcome_answers_authenticate(connect: Connect, create_token: CreateToken, clock: ManualClock) -> None:
    token = await create_token("anna", name="Anna", permissions=["listen", "chat"], expires_in=3600)
    client = await connect()
    welcome = await client.authenticate(token, request_id="first", future_field=1)

    assert len(welcome.pop("secret")) >= 22
    assert welcome.pop("expires_at").endswith("Z")
    client_id, session_id = welcome.pop("client_id"), welcome.pop("session_id")
    assert client_id != session_id
    positions = welcome.pop("positions")
    assert welcome == {
        "type": "welcome",
        "request_id": "first",
        "resumed": False,
        "user": {"id": "anna", "name": "Anna"},
        "permissions": ["chat", "listen"],
        "server_time_us": clock.now_us(),
    }
    assert set(positions) == {
        "all",
        "user:anna",
        f"client:{client_id}",
        "permission:chat",
        "permission:listen",
        "players",
        "rooms",
        "presence",
    }
    assert all(set(position) == {"epoch", "offset"} for position in positions.values())


async def test_a_client_that_does_not_authenticate_is_closed_with_4001(connect: Connect, hub: Hub) -> None:
    hub.configure(replace(hub.limits, authentication_timeout=0.01))
    assert await refusal(await connect()) == (4001, "authentication_failed")


@pytest.mark.parametrize(
    "frame",
    [
        b'{"type": "authenticate"}',
        "no JSON",
        "[]",
        '{"type": "ping"}',
        '{"type": "juggle"}',
        '{"type": "authenticate", "client": {"name": "Test", "kind": "controller"}}',
    ],
    ids=[
        "binary",
        "text",
        "no object",
        "something else",
        "unknown type",
        "no token",
    ],
)
async def test_an_invalid_first_frame_is_refused_with_4501(connect: Connect, frame: str | bytes) -> None:
    client = await connect()
    await (client.socket.send_bytes(frame) if isinstance(frame, bytes) else client.socket.send_str(frame))
    assert await refusal(client) == (4501, "authentication_failed")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ('"x": 1', ["client"]),
        ('"token": "", "client": {"name": "Test", "kind": "controller"}', ["token"]),
        (f'"token": "{"x" * 4097}", "client": {{"name": "Test", "kind": "controller"}}', ["token"]),
        ('"client": {"name": "Test", "kind": "dog"}', ["client", "kind"]),
        ('"client": {"name": "Test", "kind": "player", "player_id": "Kitchen"}', ["client", "player_id"]),
        ('"client": {"name": "\\ud800", "kind": "controller"}', ["client", "name"]),
        ('"client": {"name": "Test", "kind": "player", "lead_ms": 1e400}', ["client", "lead_ms"]),
    ],
    ids=["client", "token", "long token", "kind", "player_id", "surrogate", "number"],
)
async def test_an_invalid_authenticate_is_answered_with_the_path_to_its_fault(
    connect: Connect, fields: str, path: list[str]
) -> None:
    """Another token wouldn't help: the code says that the client has to be corrected."""
    client = await connect()
    await client.socket.send_str(f'{{"type": "authenticate", "request_id": "first", {fields}}}')
    code, (error,) = await client.closed()
    assert (code, error["error_type"], error["request_id"]) == (4513, "invalid_message", "first")
    assert error["path"] == path


async def test_the_size_of_the_first_frame_is_bounded(connect: Connect, token: str) -> None:
    """32 KiB are allowed, one byte more is not."""
    message: dict[str, Any] = {"type": "authenticate", "token": token, "client": CONTROLLER, "padding": ""}
    message["padding"] = "x" * (32_768 - len(json.dumps(message)))
    client = await connect()
    await client.socket.send_str(json.dumps(message))
    assert (await client.receive())["type"] == "welcome"

    message["padding"] += "x"
    client = await connect()
    await client.socket.send_str(json.dumps(message))
    assert await refusal(client) == (4501, "authentication_failed")


async def test_a_token_of_the_longest_size_is_checked(connect: Connect) -> None:
    """4 KiB; it is refused because it is invalid."""
    client = await connect()
    await client.send("authenticate", token="x" * 4096, client=CONTROLLER)
    assert await refusal(client) == (4501, "authentication_failed")


async def test_a_refused_authenticate_names_its_request(connect: Connect) -> None:
    client = await connect()
    await client.send("authenticate", request_id="first", token="x", client=CONTROLLER)
    assert (await client.receive())["request_id"] == "first"


async def test_a_player_needs_the_permission_to_play(connect: Connect, create_token: CreateToken) -> None:
    client = await connect()
    token = await create_token(permissions=["listen", "control"])
    await client.send("authenticate", token=token, client=player("kitchen"))
    assert await refusal(client) == (4501, "permission_denied")


async def test_a_token_in_the_upgrade_request_authenticates(connect: Connect, token: str) -> None:
    client = await connect(headers={"Authorization": f"Bearer {token}"})
    assert client.hello["authenticated"] is True
    assert (await client.authenticate())["user"]["id"] == "tester"


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 4097])
async def test_a_bad_authorization_header_is_answered_with_401(http: HttpClient, value: str) -> None:
    assert (await upgrade(http, headers={"Authorization": value})).status == 401


async def test_a_token_in_the_url_is_ignored(http: HttpClient, token: str) -> None:
    client = await Client.connect(http, params={"token": token, "access_token": token})
    assert client.hello["authenticated"] is False
    await client.send("authenticate", client=CONTROLLER)
    assert await refusal(client) == (4501, "authentication_failed")


@pytest.mark.parametrize(
    ("offered", "served"),
    [
        ([], None),
        (["moosicbox.v1"], "moosicbox.v1"),
        (["moosicbox.v9", "moosicbox.v1"], "moosicbox.v1"),
    ],
)
async def test_v1_is_selected_from_the_offered_subprotocols(
    connect: Connect, token: str, offered: list[str], served: str | None
) -> None:
    """A client that offers none is served v1, too."""
    client = await connect(protocols=offered)
    assert client.socket.protocol == served
    await client.authenticate(token)


async def test_only_unknown_subprotocols_are_refused(http: HttpClient) -> None:
    assert (await upgrade(http, protocols=["moosicbox.v9", "chat"])).status == 400


@pytest.mark.parametrize(
    "origin",
    [None, "http://{host}", "https://home.example.org", "http://homeassistant.local:8123"],
    ids=["no browser", "asked host", "external", "internal"],
)
async def test_own_pages_and_programs_may_connect(
    hass: HomeAssistant, connect: Connect, http: HttpClient, origin: str | None
) -> None:
    await hass.config.async_update(
        internal_url="http://homeassistant.local:8123", external_url="https://home.example.org"
    )
    host = f"{http.host}:{http.port}"
    await connect(headers={} if origin is None else {"Origin": origin.format(host=host)})


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://127.0.0.1",
        "http://{host}.evil.example",
        "https://home.example.org.evil.example",
        "http://home.example.org",
        "https://home.example.org:8443",
        "file://",
    ],
)
async def test_foreign_pages_are_refused(hass: HomeAssistant, http: HttpClient, origin: str) -> None:
    """At the upgrade, even with a valid cookie or token."""
    await hass.config.async_update(external_url="https://home.example.org")
    headers = {"Origin": origin.format(host=f"{http.host}:{http.port}")}
    assert (await upgrade(http, headers=headers)).status == 403


async def test_unauthenticated_connections_of_an_address_are_bounded(
    connect: Connect, http: HttpClient, hub: Hub, token: str
) -> None:
    """Authenticated ones don't count."""
    hub.configure(replace(hub.limits, max_unauthenticated_per_address=2))
    first, second = await connect(), await connect()
    refused = await upgrade(http)
    assert refused.status == 429
    assert refused.headers is not None
    assert int(refused.headers["Retry-After"]) > 0

    await first.authenticate(token)
    third = await connect()
    assert (await upgrade(http)).status == 429
    await second.authenticate(token)
    await third.authenticate(token)


async def test_connections_are_bounded(connect: Connect, http: HttpClient, hub: Hub, token: str) -> None:
    hub.configure(replace(hub.limits, max_connections=1))
    await (await connect()).authenticate(token)
    refused = await upgrade(http)
    assert refused.status == 503
    assert refused.headers is not None
    assert int(refused.headers["Retry-After"]) > 0


async def test_without_a_loaded_entry_the_endpoint_is_unavailable(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    refused = await upgrade(http)
    assert refused.status == 503
    assert refused.headers is not None
    assert int(refused.headers["Retry-After"]) > 0
