"""Presence, on the wire and as a sensor."""

from homeassistant.core import HomeAssistant

from tests.fixtures import Advance, Connect, CreateToken, Lose

from .client import Client, Message, player, resume_of


def users(messages: list[Message]) -> list[list[str]]:
    """Return the users of each update."""
    updates = [message for message in messages if message["type"] == "presence_update"]
    return [sorted(user["user_id"] for user in update["users"]) for update in updates]


def people(hass: HomeAssistant) -> str:
    (sensor,) = (state for state in hass.states.async_all("sensor") if state.entity_id.endswith("_people_present"))
    return sensor.state


async def watch(connect: Connect, create_token: CreateToken, advance: Advance) -> Client:
    """A client that follows presence and has been present for long."""
    watcher = await connect()
    await watcher.authenticate(await create_token("watcher"), subscribe=["presence"])
    await advance(10)
    await watcher.arrived()
    return watcher


async def test_arrivals_and_departures_are_published_after_the_grace(
    hass: HomeAssistant, connect: Connect, create_token: CreateToken, lose: Lose, advance: Advance
) -> None:
    """Also those of clients that close the connection themselves."""
    watcher = await watch(connect, create_token, advance)
    assert people(hass) == "1"
    anna = await connect()
    await anna.authenticate(await create_token("anna", name="Anna"))
    assert users(await watcher.arrived()) == []
    await advance(1.1)
    (update,) = await watcher.arrived()
    assert "offset" not in update
    (here,) = (user for user in update["users"] if user["user_id"] == "anna")
    assert here.items() >= {"username": "Anna", "clients": [anna.welcome["client_id"]], "room_ids": []}.items()
    assert here["since_at"].endswith("Z")
    assert people(hass) == "2"

    await lose(anna)
    await advance(7)
    assert users(await watcher.arrived()) == []
    await advance(2)
    assert users(await watcher.arrived()) == [["watcher"]]
    assert people(hass) == "1"


async def test_reloads_and_resumes_are_not_published(
    connect: Connect, create_token: CreateToken, lose: Lose, advance: Advance, token: str
) -> None:
    watcher = await watch(connect, create_token, advance)
    page = await connect()
    await page.authenticate(token, client=player("tab"))
    await advance(5)
    assert users(await watcher.arrived()) == [["tester", "watcher"]]

    await page.close(1001)
    page = await connect()
    await page.authenticate(token, client=player("tab"))
    await advance(20)
    await watcher.arrived()
    await lose(page)
    again = await connect()
    await again.authenticate(token, client=player("tab"), resume=resume_of(page))
    await advance(20)
    assert all(told == ["tester", "watcher"] for told in users(await watcher.arrived()))


async def test_a_short_visit_is_not_published(
    connect: Connect, create_token: CreateToken, advance: Advance, token: str
) -> None:
    watcher = await watch(connect, create_token, advance)
    visitor = await connect()
    await visitor.authenticate(token)
    await visitor.arrived()
    await visitor.close()
    await watcher.arrived()
    await advance(20)
    assert users(await watcher.arrived()) == []


async def test_many_arrivals_share_one_update(connect: Connect, create_token: CreateToken, advance: Advance) -> None:
    watcher = await watch(connect, create_token, advance)
    for number in range(10):
        await (await connect()).authenticate(await create_token(f"guest-{number}"))
        await advance(0.05)
    await advance(2)
    told = users(await watcher.arrived())
    assert len(told) <= 2
    assert len(told[-1]) == 11
