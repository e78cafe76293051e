"""The management API over HTTP."""

from http import HTTPStatus
from typing import Any

from aiohttp import ClientResponse
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.fixtures import CreateToken
from tests.http import HttpClient
from tests.wire.client import Client

BASE = "/api/moosicbox"
READS = ("health", "metrics", "clients", "rooms")


@pytest.fixture
async def admin(entry: MockConfigEntry, hass_client: ClientSessionGenerator) -> HttpClient:
    return await hass_client()


async def error_of(response: ClientResponse) -> str:
    body: dict[str, Any] = await response.json()
    assert body["type"] == "error"
    error_type: str = body["error_type"]
    return error_type


async def test_health_is_reported(
    hass: HomeAssistant, admin: HttpClient, entry: MockConfigEntry, controller: Client
) -> None:
    assert await (await admin.get(f"{BASE}/health")).json() == {"status": "healthy", "reasons": []}
    hass.config_entries.async_update_entry(entry, options={"max_connections": 1, "max_connections_per_user": 1})
    await hass.async_block_till_done()
    assert await (await admin.get(f"{BASE}/health")).json() == {
        "status": "degraded",
        "reasons": ["connections_nearly_full"],
    }


async def test_metrics_as_json(admin: HttpClient, controller: Client) -> None:
    metrics = await (await admin.get(f"{BASE}/metrics")).json()
    assert (metrics["active_connections"], metrics["total_connections"]) == (1, 1)
    assert metrics["messages_sent"] > 0
    assert metrics["average_latency_ms"] is None


@pytest.mark.parametrize("accept", ["application/json, text/plain, */*", "text/plain;q=0.5, application/json", "*/*"])
async def test_clients_that_accept_any_type_get_json(admin: HttpClient, accept: str) -> None:
    """The first header is the default of a common library for browsers."""
    response = await admin.get(f"{BASE}/metrics", headers={"Accept": accept})
    assert response.content_type == "application/json"


@pytest.mark.parametrize(
    "accept", ["text/plain", "Text/Plain", "application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.3"]
)
async def test_metrics_for_prometheus(admin: HttpClient, controller: Client, accept: str) -> None:
    response = await admin.get(f"{BASE}/metrics", headers={"Accept": accept})
    assert response.content_type == "text/plain"
    lines = (await response.text()).splitlines()
    assert 'moosicbox_connections{kind="controller",transport="websocket"} 1.0' in lines
    assert "moosicbox_opened_connections_total 1.0" in lines


async def test_metrics_can_be_switched_off(hass: HomeAssistant, entry: MockConfigEntry, admin: HttpClient) -> None:
    hass.config_entries.async_update_entry(entry, options={"metrics": False})
    await hass.async_block_till_done()
    for accept in ("text/plain", "application/json"):
        response = await admin.get(f"{BASE}/metrics", headers={"Accept": accept})
        assert response.status == HTTPStatus.BAD_REQUEST
        assert await error_of(response) == "not_supported"


async def test_clients_are_listed_without_secrets(
    admin: HttpClient, kitchen: Client, controller: Client, token: str
) -> None:
    response = await admin.get(f"{BASE}/clients")
    text = await response.text()
    found = {client["client_id"]: client for client in (await response.json())["clients"]}
    assert set(found) == {kitchen.welcome["client_id"], controller.welcome["client_id"]}
    one = found[kitchen.welcome["client_id"]]
    assert (one["name"], one["kind"], one["player_id"], one["user_id"]) == ("Kitchen", "player", "kitchen", "tester")
    for secret in (token, kitchen.welcome["secret"], kitchen.welcome["session_id"]):
        assert secret not in text


async def test_a_client_is_disconnected(admin: HttpClient, controller: Client) -> None:
    path = f"{BASE}/clients/{controller.welcome['client_id']}"
    assert (await admin.delete(path)).status == HTTPStatus.NO_CONTENT
    assert (await controller.closed())[0] == 4503
    again = await admin.delete(path)
    assert again.status == HTTPStatus.NOT_FOUND
    assert await error_of(again) == "client_not_found"


async def test_rooms_are_listed(admin: HttpClient) -> None:
    assert await (await admin.get(f"{BASE}/rooms")).json() == {"rooms": []}


@pytest.mark.parametrize("type_", [{}, {"type": "broadcast"}])
async def test_a_broadcast_reaches_clients(admin: HttpClient, controller: Client, type_: dict[str, str]) -> None:
    response = await admin.post(f"{BASE}/broadcast", json={**type_, "target": "all", "message": "Hello"})
    assert await response.json() == {"recipients": 1}
    assert (await controller.until("notification"))["message"] == "Hello"


@pytest.mark.parametrize(
    ("body", "status", "error_type"),
    [
        (b"{", 400, "serialization_error"),
        (b"[]", 400, "serialization_error"),
        (b"\xff", 400, "serialization_error"),
        (b"", 400, "serialization_error"),
        (b"{}", 400, "invalid_message"),
        (b'{"target":"nobody","message":"a"}', 400, "invalid_message"),
        (b'{"target":"all"}', 400, "invalid_message"),
        (b'{"target":"client","target_id":"x","message":"a"}', 404, "client_not_found"),
        (b'{"target":"room","target_id":"x","message":"a"}', 404, "room_not_found"),
        (b'{"target":"all","event":"e","data":"%b"}' % (b"a" * 300_000), 413, "message_too_large"),
    ],
)
async def test_wrong_broadcasts_are_refused(admin: HttpClient, body: bytes, status: int, error_type: str) -> None:
    response = await admin.post(f"{BASE}/broadcast", data=body)
    assert response.status == status
    assert await error_of(response) == error_type


@pytest.mark.parametrize("path", READS)
async def test_other_users_are_refused(
    entry: MockConfigEntry,
    http: HttpClient,
    hass_read_only_access_token: str,
    create_token: CreateToken,
    path: str,
) -> None:
    nobody = await http.get(f"{BASE}/{path}", cookies={"access_token": "anything"})
    assert nobody.status == HTTPStatus.UNAUTHORIZED
    ours = {"Authorization": f"Bearer {await create_token(role='admin')}"}
    assert (await http.get(f"{BASE}/{path}", headers=ours)).status == HTTPStatus.UNAUTHORIZED
    user = {"Authorization": f"Bearer {hass_read_only_access_token}"}
    refused = await http.get(f"{BASE}/{path}", headers=user)
    assert refused.status == HTTPStatus.FORBIDDEN
    assert await error_of(refused) == "permission_denied"


async def test_changes_by_other_users_are_refused(
    http: HttpClient, controller: Client, hass_read_only_access_token: str
) -> None:
    user = {"Authorization": f"Bearer {hass_read_only_access_token}"}
    body = {"target": "all", "message": "a"}
    assert (await http.post(f"{BASE}/broadcast", json=body)).status == HTTPStatus.UNAUTHORIZED
    assert (await http.post(f"{BASE}/broadcast", json=body, headers=user)).status == HTTPStatus.FORBIDDEN
    path = f"{BASE}/clients/{controller.welcome['client_id']}"
    assert (await http.delete(path)).status == HTTPStatus.UNAUTHORIZED
    assert (await http.delete(path, headers=user)).status == HTTPStatus.FORBIDDEN
    await controller.request("ping")


async def test_changes_from_other_origins_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, admin: HttpClient, controller: Client
) -> None:
    headers = {"Origin": "https://evil.example"}
    body = {"target": "all", "message": "a"}
    path = f"{BASE}/clients/{controller.welcome['client_id']}"
    for response in (
        await admin.post(f"{BASE}/broadcast", json=body, headers=headers),
        await admin.delete(path, headers=headers),
    ):
        assert response.status == HTTPStatus.FORBIDDEN
        assert await error_of(response) == "permission_denied"
    own = {"Origin": str(admin.make_url("")).rstrip("/")}
    assert (await admin.post(f"{BASE}/broadcast", json=body, headers=own)).status == HTTPStatus.OK
    hass.config_entries.async_update_entry(entry, options={"validate_csrf": False})
    await hass.async_block_till_done()
    assert (await admin.post(f"{BASE}/broadcast", json=body, headers=headers)).status == HTTPStatus.OK


@pytest.mark.parametrize("path", READS)
async def test_without_an_entry(hass: HomeAssistant, entry: MockConfigEntry, admin: HttpClient, path: str) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    response = await admin.get(f"{BASE}/{path}")
    assert response.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Retry-After" in response.headers
