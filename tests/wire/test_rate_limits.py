"""Rate limits: per class, connection and user, and by bytes."""

from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Advance, Connect, CreateToken

from .client import Client, Message

LIMITS: dict[str, Any] = {
    "burst_size": 4,
    "messages_per_minute": 60,
    "chat_burst": 2,
    "chat_per_minute": 30,
    "library_burst": 3,
    "library_per_minute": 30,
    "reports_burst": 5,
    "reports_per_minute": 60,
    "sync_burst": 30,
    "sync_per_minute": 120,
    "refusals": 6,
    "refusal_window": 10,
}
CLASSES: dict[str, tuple[str, dict[str, Any]]] = {
    "burst_size": ("queue_command", {"action": "get"}),
    "chat_burst": ("room_chat", {"room_id": "r", "message": "hi"}),
    "library_burst": ("library_request", {"request_type": "recent"}),
    "reports_burst": ("player_report", {"state": "idle", "position_seconds": 0, "at_us": 0}),
    "sync_burst": ("time_sync", {"t0_us": 0}),
}


@pytest.fixture
def strict(hub: Hub) -> Hub:
    """A hub with low limits and a stopped clock, so that no tokens are regained."""
    hub.configure(replace(hub.limits, **LIMITS))
    return hub


async def refusals(client: Client, type_: str, count: int, **fields: Any) -> list[Message]:
    """Send a message several times; return the refusals."""
    answers = [await client.request(type_, **fields) for _ in range(count)]
    return [answer for answer in answers if answer.get("error_type") == "rate_limit_exceeded"]


async def test_each_class_has_its_own_limit(strict: Hub, kitchen: Client) -> None:
    for limit, (type_, fields) in CLASSES.items():
        burst = LIMITS[limit] - (limit == "sync_burst")
        assert await refusals(kitchen, type_, burst, **fields) == [], limit
    for type_, fields in CLASSES.values():
        assert len(await refusals(kitchen, type_, 1, **fields)) == (type_ != "time_sync")


async def test_a_message_is_accepted_after_retry_after(
    strict: Hub, controller: Client, kitchen: Client, advance: Advance
) -> None:
    """Not before."""
    assert await refusals(controller, "queue_command", 4, action="get") == []
    (refused,) = await refusals(controller, "queue_command", 1, action="get", request_id="again")
    assert refused["limit"] == 60
    assert refused["retryable"] is True
    assert refused["retry_after"] == pytest.approx(1.0)
    await advance(refused["retry_after"] / 2)
    assert len(await refusals(controller, "queue_command", 1, action="get", request_id="again")) == 1
    await advance(refused["retry_after"] / 2)
    assert (await controller.request("queue_command", action="get", request_id="again"))["type"] == "result"


async def test_a_client_that_obeys_retry_after_is_never_closed(hub: Hub, controller: Client, advance: Advance) -> None:
    limits = replace(hub.limits, messages_per_minute=1_200, burst_size=1)
    hub.configure(limits)
    patience = 3 * limits.refusals
    while patience:
        answer = await controller.request("queue_command", action="get", player_id="nobody")
        if answer["error_type"] == "rate_limit_exceeded":
            patience -= 1
            await advance(answer["retry_after"])


async def test_a_client_that_ignores_refusals_is_closed_with_4029(
    strict: Hub, connect: Connect, token: str, kitchen: Client, controller: Client
) -> None:
    """The session can be resumed."""
    for number in range(4 + LIMITS["refusals"] + 1):
        await controller.send("queue_command", action="get", request_id=f"q{number}")
    code, messages = await controller.closed()
    assert code == 4029
    answers = [message for message in messages if message.get("request_id", "").startswith("q")]
    assert [answer["type"] for answer in answers] == ["result"] * 4 + ["error"] * (LIMITS["refusals"] + 1)
    await kitchen.arrived()

    again = await connect()
    resume = {
        "session_id": controller.welcome["session_id"],
        "secret": controller.welcome["secret"],
        "positions": controller.positions,
    }
    assert (await again.authenticate(token, resume=resume))["resumed"] is True
    assert len(await refusals(again, "queue_command", 1, action="get")) == 1


async def test_the_limit_of_a_user_is_four_times_that_of_a_connection(
    strict: Hub, connect: Connect, token: str, create_token: CreateToken, kitchen: Client
) -> None:
    """Other users are not affected."""
    clients = [await connect() for _ in range(6)]
    for client in clients:
        await client.authenticate(token, subscribe=[])
    passed = [
        4 - len(await refusals(client, "queue_command", 4, action="get", player_id="kitchen")) for client in clients
    ]
    assert passed == [4, 4, 4, 4, 0, 0]
    other = await connect()
    await other.authenticate(await create_token("other"), subscribe=[])
    assert await refusals(other, "queue_command", 4, action="get", player_id="kitchen") == []


async def test_bytes_are_limited(hub: Hub, controller: Client, advance: Advance) -> None:
    hub.configure(replace(hub.limits, bytes_per_minute=60_000, max_message_size=10_000))
    padding = "x" * 9_000
    assert await refusals(controller, "ping", 6, padding=padding) == []
    (refused,) = await refusals(controller, "ping", 1, padding=padding)
    assert refused["limit"] == 60_000
    await advance(refused["retry_after"])
    assert await refusals(controller, "ping", 1, padding=padding) == []


async def test_connections_of_a_user_are_bounded(
    hub: Hub, connect: Connect, token: str, create_token: CreateToken
) -> None:
    hub.configure(replace(hub.limits, max_connections_per_user=2))
    first, second = await connect(), await connect()
    await first.authenticate(token)
    await second.authenticate(token)
    third = await connect()
    await third.send("authenticate", token=token, client={"name": "Third", "kind": "controller"})
    code, (error,) = await third.closed()
    assert (code, error["error_type"], error["retryable"]) == (4029, "unavailable", True)
    await (await connect()).authenticate(await create_token("other"))
    await first.arrived()
    await first.close()
    await (await connect()).authenticate(token)


async def test_without_rate_limiting_no_message_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, controller: Client, kitchen: Client
) -> None:
    hass.config_entries.async_update_entry(entry, options={"rate_limiting": False})
    await hass.async_block_till_done()
    for _ in range(500):
        await controller.send("queue_command", action="get")
    assert (await controller.request("queue_command", action="get"))["type"] == "result"
