"""Actions on the hub, except those on tokens."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import Connect, CreateToken
from tests.wire.client import Client, Message


async def call(hass: HomeAssistant, action: str, user: User | None = None, **data: Any) -> Message:
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=user.id if user else None),
    )
    assert answer is not None
    return answer


async def test_broadcast_to_all(hass: HomeAssistant, kitchen: Client, controller: Client) -> None:
    assert await call(hass, "broadcast", target="all", title="Dinner", message="is ready", level="success") == {
        "recipients": 2
    }
    for client in (kitchen, controller):
        notice = await client.until("notification")
        assert (notice["title"], notice["message"], notice["level"]) == ("Dinner", "is ready", "success")


async def test_broadcast_to_some(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, controller: Client
) -> None:
    boss = await connect()
    await boss.authenticate(await create_token("boss", role="admin"))
    assert await call(hass, "broadcast", target="user", target_id="tester", message="one") == {"recipients": 1}
    assert (await controller.until("user_notification"))["message"] == "one"
    assert await call(hass, "broadcast", target="permission", target_id="admin", message="two") == {"recipients": 1}
    assert (await boss.until("admin_notification"))["message"] == "two"
    client_id = controller.welcome["client_id"]
    data = {"brightness": [1, 2.5, None, {"on": True}]}
    sent = await call(hass, "broadcast", target="client", target_id=client_id, event="lights", data=data)
    assert sent == {"recipients": 1}
    message = await controller.until("message")
    assert (message["event"], message["data"]) == ("lights", data)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"target": "all"}, "invalid_message"),
        ({"target": "all", "message": "a", "event": "b"}, "invalid_message"),
        ({"target": "user", "message": "a"}, "invalid_message"),
        ({"target": "client", "target_id": "gone", "message": "a"}, "client_not_found"),
        ({"target": "room", "target_id": "party", "message": "a"}, "room_not_found"),
        ({"target": "all", "message": ""}, "invalid_message"),
        ({"target": "all", "message": "a" * 4001}, "invalid_message"),
        ({"target": "all", "event": "a", "data": "b" * 300_000}, "message_too_large"),
    ],
)
async def test_wrong_broadcasts_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refusal:
        await call(hass, "broadcast", **data)
    assert refusal.value.translation_key == key


async def test_unknown_fields_are_refused(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(vol.Invalid):
        await call(hass, "broadcast", target="everywhere", message="a")


async def test_disconnect_client(hass: HomeAssistant, controller: Client) -> None:
    data = {"client_id": controller.welcome["client_id"]}
    await hass.services.async_call(DOMAIN, "disconnect_client", data, blocking=True)
    assert (await controller.closed())[0] == 4503
    with pytest.raises(ServiceValidationError) as refusal:
        await hass.services.async_call(DOMAIN, "disconnect_client", data, blocking=True)
    assert refusal.value.translation_key == "client_not_found"


async def test_get_metrics(hass: HomeAssistant, entry: MockConfigEntry, controller: Client) -> None:
    metrics = await call(hass, "get_metrics")
    assert metrics["active_connections"] == 1
    assert {"total_connections", "messages_sent", "messages_received", "bytes_sent", "average_latency_ms"} <= set(
        metrics
    )
    hass.config_entries.async_update_entry(entry, options={"metrics": False})
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError) as refusal:
        await call(hass, "get_metrics")
    assert refusal.value.translation_key == "not_supported"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("broadcast", {"target": "all", "message": "a"}),
        ("get_metrics", {}),
        ("create_token", {"sub": "a", "role": "user"}),
        ("revoke_token", {"sub": "a"}),
    ],
)
async def test_other_users_are_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_admin_user: User,
    hass_read_only_user: User,
    action: str,
    data: dict[str, Any],
) -> None:
    with pytest.raises(Unauthorized):
        await call(hass, action, hass_read_only_user, **data)
    assert await call(hass, action, hass_admin_user, **data) is not None


async def test_without_an_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as refusal:
        await call(hass, "get_metrics")
    assert refusal.value.translation_key == "service_config_entry_not_loaded"
