"""Rate limits: per class, per connection and user, in bytes; who keeps to `retry_after` goes on, who doesn't is closed."""

from dataclasses import replace
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Advance, Connect, CreateToken

from .client import Client, Message

LIMITS = {
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
    """The hub with few messages allowed; its clock stands still, so nothing is given back."""
    hub.configure(replace(hub.limits, **LIMITS))
    return hub


async def refusals(client: Client, type_: str, count: int, **fields: Any) -> list[Message]:
    """Ask so often; what was refused for being too much."""
    answers = [await client.request(type_, **fields) for _ in range(count)]
    return [answer for answer in answers if answer.get("error_type") == "rate_limit_exceeded"]


async def test_each_class_for_itself(strict: Hub, kitchen: Client) -> None:
    """So many at once of each class, and one class takes nothing from another."""
    for limit, (type_, fields) in CLASSES.items():
        burst = LIMITS[limit] - (limit == "sync_burst")
        assert await refusals(kitchen, type_, burst, **fields) == [], limit
    for type_, fields in CLASSES.values():
        assert len(await refusals(kitchen, type_, 1, **fields)) == (type_ != "time_sync")


async def test_who_waits_goes_on(strict: Hub, controller: Client, kitchen: Client, advance: Advance) -> None:
    """The refusal says how long, and after that time it works; not before."""
    assert await refusals(controller, "queue_command", 4, action="get") == []
    (refused,) = await refusals(controller, "queue_command", 1, action="get", request_id="again")
    assert refused["limit"] == 60
    assert refused["retryable"] is True
    assert refused["retry_after"] == pytest.approx(1.0)
    await advance(refused["retry_after"] / 2)
    assert len(await refusals(controller, "queue_command", 1, action="get", request_id="again")) == 1
    await advance(refused["retry_after"] / 2)
    assert (await controller.request("queue_command", action="get", request_id="again"))["type"] == "result"


async def test_who_always_waits_is_never_closed(hub: Hub, controller: Client, advance: Advance) -> None:
    """Even who asks for as much as there is, all the time, and goes on at the very moment that the hub named."""
    limits = replace(hub.limits, messages_per_minute=1_200, burst_size=1)
    hub.configure(limits)
    patience = 3 * limits.refusals
    while patience:
        answer = await controller.request("queue_command", action="get", player_id="nobody")
        if answer["error_type"] == "rate_limit_exceeded":
            patience -= 1
            await advance(answer["retry_after"])


async def test_who_does_not_is_closed(
    strict: Hub, connect: Connect, token: str, kitchen: Client, controller: Client
) -> None:
    """Each message too many is answered, then the connection ends with 4029; the session may come back."""
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


async def test_a_user_on_several_connections(
    strict: Hub, connect: Connect, token: str, create_token: CreateToken, kitchen: Client
) -> None:
    """Together a user's connections may do four times what one may; another user isn't concerned."""
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


async def test_bytes(hub: Hub, controller: Client, advance: Advance) -> None:
    """Few large messages are as much as many small ones."""
    hub.configure(replace(hub.limits, bytes_per_minute=60_000, max_message_size=10_000))
    padding = "x" * 9_000
    assert await refusals(controller, "ping", 6, padding=padding) == []
    (refused,) = await refusals(controller, "ping", 1, padding=padding)
    assert refused["limit"] == 60_000
    await advance(refused["retry_after"])
    assert await refusals(controller, "ping", 1, padding=padding) == []


async def test_connections_of_a_user(hub: Hub, connect: Connect, token: str, create_token: CreateToken) -> None:
    """A user holds so many connections; a closed one makes room, and others have their own."""
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


async def test_switched_off(hass: HomeAssistant, entry: MockConfigEntry, controller: Client, kitchen: Client) -> None:
    """Without rate limiting nobody is refused."""
    hass.config_entries.async_update_entry(entry, options={"rate_limiting": False})
    await hass.async_block_till_done()
    for _ in range(500):
        await controller.send("queue_command", action="get")
    assert (await controller.request("queue_command", action="get"))["type"] == "result"
