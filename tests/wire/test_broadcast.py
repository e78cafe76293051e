"""Broadcasts by message, by action and by the management API."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import Connect, CreateToken, Lose
from tests.http import HttpClient

from .client import Client, resume_of

type Send = Callable[..., Awaitable[int]]


@pytest.fixture
async def anna(connect: Connect, create_token: CreateToken) -> Client:
    """A client of a user without administration."""
    client = await connect()
    await client.authenticate(await create_token("anna"))
    return client


@pytest.fixture
async def boss(connect: Connect, create_token: CreateToken) -> Client:
    """A client of an administrator."""
    client = await connect()
    await client.authenticate(await create_token("boss", role="admin"))
    return client


@pytest.fixture(params=["message", "action", "http"])
async def send(
    request: pytest.FixtureRequest, hass: HomeAssistant, boss: Client, hass_client: ClientSessionGenerator
) -> Send:
    """Broadcast and return the number of recipients."""

    async def by_message(**fields: Any) -> int:
        answer = await boss.request("broadcast", **fields)
        assert answer["type"] == "result", answer
        recipients: int = answer["data"]["recipients"]
        return recipients

    async def by_action(**fields: Any) -> int:
        answer: Any = await hass.services.async_call(DOMAIN, "broadcast", fields, blocking=True, return_response=True)
        recipients: int = answer["recipients"]
        return recipients

    http: HttpClient = await hass_client()

    async def by_http(**fields: Any) -> int:
        response = await http.post("/api/moosicbox/broadcast", json=fields)
        assert response.status == 200, await response.text()
        recipients: int = (await response.json())["recipients"]
        return recipients

    return {"message": by_message, "action": by_action, "http": by_http}[request.param]


async def test_a_broadcast_reaches_its_target(send: Send, anna: Client, boss: Client, controller: Client) -> None:
    """All clients, those of a user, those with a permission, one client; the result is their number."""
    for target, target_id, reached in (
        ("all", None, {"anna", "boss", "tester"}),
        ("user", "anna", {"anna"}),
        ("permission", "admin", {"boss"}),
        ("permission", "chat", {"anna", "boss", "tester"}),
        ("client", controller.welcome["client_id"], {"tester"}),
        ("user", "nobody", set()),
    ):
        named = {} if target_id is None else {"target_id": target_id}
        assert await send(target=target, message="Dinner", level="warning", **named) == len(reached)
        heard = set()
        for name, client in ("anna", anna), ("boss", boss), ("tester", controller):
            told = [message for message in await client.arrived() if message.get("message") == "Dinner"]
            assert len(told) <= 1
            if told:
                heard.add(name)
                assert told[0]["topic"].partition(":")[0] == target
                assert told[0]["offset"] > 0
        assert heard == reached, (target, target_id)


async def test_each_target_has_its_kind_of_message(send: Send, anna: Client, boss: Client) -> None:
    """A notification, one for a user, one for administrators, and a message for programs."""
    await send(target="all", title="Hello", message="Welcome", level="success")
    await send(target="user", target_id="anna", message="Yours", level="info")
    await send(target="permission", target_id="admin", message="Update at night")
    await send(target="all", event="lights", data={"scene": ["party", 1]})
    told = [message for message in await anna.arrived() if "offset" in message]
    assert [message["type"] for message in told] == ["notification", "user_notification", "message"]
    assert told[0].items() >= {"title": "Hello", "message": "Welcome", "level": "success"}.items()
    assert told[0]["timestamp_at"].endswith("Z")
    assert told[2].items() >= {"event": "lights", "data": {"scene": ["party", 1]}}.items()
    for_admins = [message for message in await boss.arrived() if message["type"] == "admin_notification"]
    assert [message["message"] for message in for_admins] == ["Update at night"]


async def test_a_disconnected_user_gets_a_broadcast_on_resume(
    send: Send, anna: Client, connect: Connect, lose: Lose, boss: Client
) -> None:
    await lose(anna)
    assert await send(target="user", target_id="anna", message="Call me") == 0
    again = await connect()
    assert (await again.authenticate(resume=resume_of(anna)))["resumed"] is True
    assert (await again.until("user_notification"))["message"] == "Call me"


async def test_broadcasting_needs_its_permission(anna: Client) -> None:
    assert (await anna.request("broadcast", target="all", message="x"))["error_type"] == "permission_denied"
