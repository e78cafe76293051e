"""Polling sessions: absence, change of transport, resume, and each end."""

from dataclasses import replace

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Advance, Connect, CreateToken
from tests.http import HttpClient

from .client import player
from .poller import SESSIONS, OpenPoller, Poller, authenticate, bearer, counted, refusal, resume, say, until, waiting
from .tokens import Outlive


async def test_without_a_fetch_the_connection_is_lost(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """After 30 s; the session can be resumed."""
    poller = await poll(subscribe=["all"])
    await advance(20)
    await poller.fetch()
    await advance(29)
    assert any(hub.sessions.connected())
    await poller.send({"type": "ping"})
    await advance(1)
    assert not any(hub.sessions.connected())

    say(hub, 1)
    response = await poller.get(wait=0)
    assert (await response.json())["close_code"] == 4012
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert counted(await again.fetch()) == [1]


async def test_a_waiting_fetch_keeps_the_connection(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """The 30 s begin when it is answered."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub) as fetch:
        await advance(50)
        say(hub, 1)
        await fetch
    await advance(29)
    assert any(hub.sessions.connected())
    await advance(30)
    assert not any(hub.sessions.connected())


async def test_too_many_unread_messages_close_with_4008(poll: OpenPoller, hub: Hub) -> None:
    """They are delivered after a resume."""
    hub.configure(replace(hub.limits, outbound_messages=5))
    poller = await poll(subscribe=["all"])
    say(hub, *range(3))
    assert counted(await poller.fetch()) == [0, 1, 2]
    say(hub, *range(3, 9))
    await until(lambda: not any(hub.sessions.connected()))
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4008
    again = await poll(resume=poller.resume())
    assert counted(await again.fetch()) == list(range(3, 9))


async def test_a_waiting_state_is_replaced(poll: OpenPoller, hub: Hub) -> None:
    hub.configure(replace(hub.limits, outbound_messages=5))
    poller = await poll(client=player("kitchen"), subscribe=["player:kitchen"])
    await poller.fetch()
    for step in range(20):
        await poller.request("volume_command", volume=step / 20)
    volumes = [message["volume"] for message in await poller.fetch() if message["type"] == "volume_update"]
    assert volumes[-1] == 19 / 20
    assert len(volumes) < 20


async def test_no_message_is_lost_between_transports(poll: OpenPoller, connect: Connect, hub: Hub, token: str) -> None:
    """From polling to WebSocket and back: each numbered message arrives once."""
    heard: list[int] = []
    poller = await poll(subscribe=["all"])
    welcome, number = poller.welcome, 0

    def publish() -> None:
        nonlocal number
        say(hub, number, number + 1)
        number += 2

    for _ in range(3):
        publish()
        heard += counted(await poller.fetch())
        publish()  # fetched, but the answer is lost
        await poller.get(wait=0, cursor=poller.cursor)
        publish()  # waits in the hub

        socket = await connect()
        positions = poller.positions
        assert (await socket.authenticate(token, resume=resume(welcome, positions)))["resumed"] is True
        publish()
        heard += counted(await socket.arrived())
        assert (await (await poller.get(wait=0)).json())["close_code"] == 4509
        publish()  # written to a socket that is never read again

        poller = await poll(resume=resume(welcome, socket.positions))
        assert poller.welcome["resumed"] is True
        assert poller.welcome["client_id"] == welcome["client_id"]
        publish()
        heard += counted(await poller.fetch())
    assert heard == list(range(number))


async def test_a_fetch_returns_nothing_after_a_resume_elsewhere(poll: OpenPoller, hub: Hub) -> None:
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        again = await poll(resume=poller.resume())
        assert await refusal(await fetch) == (410, "connection_closed")
        say(hub, 1)
    old = await (await again.get(wait=0, cursor=poller.cursor)).json()
    assert counted(old["messages"]) == [1]
    assert counted(await again.fetch()) == [1]


async def test_a_session_is_resumed_by_its_secret(http: HttpClient, poll: OpenPoller) -> None:
    poller = await poll()
    again = await Poller.open(http, poller.welcome["secret"], resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert again.welcome["session_id"] == poller.welcome["session_id"]


async def test_a_failed_resume_opens_a_session_and_names_the_reason(
    poll: OpenPoller, hub: Hub, advance: Advance
) -> None:
    poller = await poll()
    await advance(31 + hub.limits.resume_seconds)
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is False
    assert again.welcome["resume_failure"] == "session_unknown"
    assert again.welcome["session_id"] != poller.welcome["session_id"]


async def test_a_session_survives_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, poll: OpenPoller, hub: Hub
) -> None:
    """A waiting fetch gets the goodbye."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        assert await hass.config_entries.async_unload(entry.entry_id)
        (goodbye,) = (await (await fetch).json())["messages"]
    assert (goodbye["type"], goodbye["reconnect"]) == ("goodbye", True)
    closed = await poller.get(wait=0)
    assert closed.status == 503
    assert int(closed.headers["Retry-After"]) > 0

    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4000
    say(hub, 1)
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert counted(await again.fetch()) == [1]


async def test_an_ended_session_cannot_be_resumed(
    hass: HomeAssistant, poll: OpenPoller, hub: Hub, advance: Advance
) -> None:
    poller = await poll(client=player("kitchen"))
    response = await poller.end()
    assert (response.status, await response.text()) == (204, "")
    assert len(hub.sessions) == 0
    for response in (await poller.get(wait=0), await poller.post([]), await poller.end()):
        assert (response.status, (await response.json())["close_code"]) == (410, 1000)
    assert (await poll(resume=poller.resume())).welcome["resume_failure"] == "session_unknown"

    await advance(hub.limits.resume_seconds + 1)
    assert await refusal(await poller.get(wait=0)) == (404, "client_not_found")
    await hass.async_block_till_done()


async def test_a_revoked_session_ends_its_fetch_with_the_close_code(
    hass: HomeAssistant, poll: OpenPoller, hub: Hub
) -> None:
    poller = await poll()
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        await hass.services.async_call("moosicbox", "revoke_token", {"sub": "tester"}, blocking=True)
        response = await fetch
    error = await response.json()
    assert response.status == 410
    assert (error["error_type"], error["close_code"], error["retryable"]) == ("connection_closed", 4503, False)


async def test_a_session_ends_with_its_token(
    http: HttpClient, create_token: CreateToken, advance: Advance, outlive: Outlive
) -> None:
    """Unless it was refreshed."""
    poller = await Poller.open(http, await create_token(expires_in=60))
    for _ in range(3):
        await advance(20)
        await poller.fetch()
    assert (await poller.request("refresh", token="forged"))["error_type"] == "authentication_failed"
    refreshed = await create_token(expires_in=120)
    assert (await poller.request("refresh", token=refreshed))["type"] == "result"
    for _ in range(3):
        await advance(20)
        await poller.fetch()
    await outlive(refreshed)
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4505
    response = await http.post(SESSIONS, headers=poller.headers, json=authenticate(resume=poller.resume()))
    assert await refusal(response) == (401, "authentication_failed")


async def test_a_newer_connection_replaces_the_player(poll: OpenPoller) -> None:
    older = await poll(client=player("kitchen"))
    await poll(client=player("kitchen"))
    assert (await (await older.get(wait=0)).json())["close_code"] == 4509


async def test_tokens_and_secrets_are_not_logged(
    http: HttpClient, poll: OpenPoller, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    poller = await poll()
    await poller.fetch()
    await http.get(poller.messages, headers=bearer("wrong"))
    await poller.end()
    assert token not in caplog.text
    assert poller.welcome["secret"] not in caplog.text
