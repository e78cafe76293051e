"""The upgrade and the first message: what lets a client in, and each way that it is refused."""

from dataclasses import replace
import json

from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import VERSION
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Connect, CreateToken, ManualClock

from .client import CONTROLLER, PATH, Client, player


async def refusal(client: Client) -> tuple[int | None, str]:
    """The close code and the one error before it."""
    code, (error,) = await client.closed()
    assert error["type"] == "error"
    assert error["retryable"] is False
    assert error["message"]
    return code, error["error_type"]


async def upgrade(http: TestClient, **options) -> WSServerHandshakeError:
    """Ask for an upgrade that is refused."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(PATH, **options)
    return refused.value


async def test_hello(connect: Connect, hub: Hub, clock: ManualClock) -> None:
    """The greeting says what the hub is, what time it is and what it allows."""
    hello = (await connect()).hello

    assert hello.pop("node_id")
    assert hello.pop("limits").items() >= {"max_message_size": 262_144, "messages_per_minute": 1_200}.items()
    features = hello.pop("features")
    assert features.items() >= {"queue": 1, "resume": 1, "sync": 1}.items()
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


async def test_welcome(connect: Connect, create_token: CreateToken, clock: ManualClock) -> None:
    """The answer to `authenticate`."""
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


async def test_nothing_in_time(connect: Connect, hub: Hub) -> None:
    """Who doesn't authenticate is put out with 4001."""
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
        '{"type": "authenticate"}',
        '{"type": "authenticate", "client": {"name": "Test", "kind": "controller"}}',
        '{"type": "authenticate", "token": "", "client": {"name": "Test", "kind": "controller"}}',
        json.dumps({"type": "authenticate", "token": "x" * 4097, "client": CONTROLLER}),
        json.dumps({"type": "authenticate", "token": "x", "client": {**CONTROLLER, "kind": "dog"}}),
        json.dumps({"type": "authenticate", "token": "x", "client": player("Kitchen")}),
    ],
    ids=[
        "binary",
        "text",
        "no object",
        "something else",
        "unknown type",
        "no client",
        "no token",
        "empty token",
        "token too long",
        "unknown kind",
        "upper-case player_id",
    ],
)
async def test_wrong_first_frame(connect: Connect, frame: str | bytes) -> None:
    """Anything but a whole `authenticate` is refused with 4501."""
    client = await connect()
    await (client.socket.send_bytes(frame) if isinstance(frame, bytes) else client.socket.send_str(frame))
    assert await refusal(client) == (4501, "authentication_failed")


async def test_first_frame_size(connect: Connect, token: str) -> None:
    """The first frame may have 32 KiB and not a byte more."""
    message = {"type": "authenticate", "token": token, "client": CONTROLLER, "padding": ""}
    message["padding"] = "x" * (32_768 - len(json.dumps(message)))
    client = await connect()
    await client.socket.send_str(json.dumps(message))
    assert (await client.receive())["type"] == "welcome"

    message["padding"] += "x"
    client = await connect()
    await client.socket.send_str(json.dumps(message))
    assert await refusal(client) == (4501, "authentication_failed")


async def test_longest_token(connect: Connect) -> None:
    """A token of 4 KiB is looked at, and refused for what it is."""
    client = await connect()
    await client.send("authenticate", token="x" * 4096, client=CONTROLLER)
    assert await refusal(client) == (4501, "authentication_failed")


async def test_refusal_names_the_request(connect: Connect) -> None:
    """A refused `authenticate` is answered like any other request."""
    client = await connect()
    await client.send("authenticate", request_id="first", token="x", client=CONTROLLER)
    assert (await client.receive())["request_id"] == "first"


async def test_player_without_right(connect: Connect, create_token: CreateToken) -> None:
    """To be a player takes the permission `play`."""
    client = await connect()
    token = await create_token(permissions=["listen", "control"])
    await client.send("authenticate", token=token, client=player("kitchen"))
    assert await refusal(client) == (4501, "permission_denied")


async def test_bearer_header(connect: Connect, token: str) -> None:
    """A token in the upgrade request does the same as one in `authenticate`."""
    client = await connect(headers={"Authorization": f"Bearer {token}"})
    assert client.hello["authenticated"] is True
    assert (await client.authenticate())["user"]["id"] == "tester"


@pytest.mark.parametrize("value", ["Bearer wrong", "Bearer", "Basic YTpi", "Bearer " + "x" * 4097])
async def test_bad_bearer_header(http: TestClient, value: str) -> None:
    """A bad header is answered with 401, not with a connection."""
    assert (await upgrade(http, headers={"Authorization": value})).status == 401


async def test_token_in_address(http: TestClient, token: str) -> None:
    """Never in the URL."""
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
async def test_subprotocol(connect: Connect, token: str, offered: list[str], served: str | None) -> None:
    """Who offers none, or v1 among others, is served v1."""
    client = await connect(protocols=offered)
    assert client.socket.protocol == served
    await client.authenticate(token)


async def test_unknown_subprotocol(http: TestClient) -> None:
    """Who offers only others is refused."""
    assert (await upgrade(http, protocols=["moosicbox.v9", "chat"])).status == 400


@pytest.mark.parametrize(
    "origin",
    [None, "http://{host}", "https://home.example.org", "http://homeassistant.local:8123"],
    ids=["no browser", "asked host", "external", "internal"],
)
async def test_allowed_origin(hass: HomeAssistant, connect: Connect, http: TestClient, origin: str | None) -> None:
    """Pages of this Home Assistant may connect, and what is no browser."""
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
async def test_foreign_origin(hass: HomeAssistant, http: TestClient, origin: str) -> None:
    """Pages of others are refused at the upgrade, even with a good cookie or token."""
    await hass.config.async_update(external_url="https://home.example.org")
    headers = {"Origin": origin.format(host=f"{http.host}:{http.port}")}
    assert (await upgrade(http, headers=headers)).status == 403


async def test_too_many_unauthenticated(connect: Connect, http: TestClient, hub: Hub, token: str) -> None:
    """An address may hold few connections that aren't authenticated; those that are don't count."""
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


async def test_too_many_connections(connect: Connect, http: TestClient, hub: Hub, token: str) -> None:
    """At `max_connections` the hub sends others away for a while."""
    hub.configure(replace(hub.limits, max_connections=1))
    await (await connect()).authenticate(token)
    refused = await upgrade(http)
    assert refused.status == 503
    assert refused.headers is not None
    assert int(refused.headers["Retry-After"]) > 0


async def test_not_loaded(hass: HomeAssistant, entry: MockConfigEntry, http: TestClient) -> None:
    """While no entry is loaded, the address says: later."""
    await hass.config_entries.async_unload(entry.entry_id)
    refused = await upgrade(http)
    assert refused.status == 503
    assert refused.headers is not None
    assert int(refused.headers["Retry-After"]) > 0
