"""The life of a session by polling: absence, other transports, resuming, and each way that it ends."""

from dataclasses import replace

from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Advance, Connect, CreateToken

from .client import player
from .poller import SESSIONS, OpenPoller, Poller, authenticate, bearer, counted, refusal, resume, say, until, waiting


async def test_no_fetch_is_a_lost_connection(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """After 30 s without a fetch the session is lost, and found again by resume."""
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


async def test_waiting_is_no_absence(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """As long as a fetch waits, the client is there; the 30 s begin when it is answered."""
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


async def test_slow_consumer(poll: OpenPoller, hub: Hub) -> None:
    """More than the outbound bound takes closes with 4008; what was missed comes after a resume."""
    hub.configure(replace(hub.limits, outbound_messages=5))
    poller = await poll(subscribe=["all"])
    say(hub, *range(3))
    assert counted(await poller.fetch()) == [0, 1, 2]
    say(hub, *range(3, 9))
    await until(lambda: not any(hub.sessions.connected()))
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4008
    again = await poll(resume=poller.resume())
    assert counted(await again.fetch()) == list(range(3, 9))


async def test_states_replace_one_another(poll: OpenPoller, hub: Hub) -> None:
    """What a client didn't fetch in time of a state is not fetched later either."""
    hub.configure(replace(hub.limits, outbound_messages=5))
    poller = await poll(client=player("kitchen"), subscribe=["player:kitchen"])
    await poller.fetch()
    for step in range(20):
        await poller.request("volume_command", volume=step / 20)
    volumes = [message["volume"] for message in await poller.fetch() if message["type"] == "volume_update"]
    assert volumes[-1] == 19 / 20
    assert len(volumes) < 20


async def test_changing_transports(poll: OpenPoller, connect: Connect, hub: Hub, token: str) -> None:
    """From polling to WebSocket and back in mid-stream: each numbered message arrives once."""
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


async def test_waiting_while_another_takes_over(poll: OpenPoller, hub: Hub) -> None:
    """A fetch that waits when its session is resumed elsewhere brings nothing that is sent there again."""
    poller = await poll(subscribe=["all"])
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        again = await poll(resume=poller.resume())
        assert await refusal(await fetch) == (410, "connection_closed")
        say(hub, 1)
    old = await (await again.get(wait=0, cursor=poller.cursor)).json()
    assert counted(old["messages"]) == [1]
    assert counted(await again.fetch()) == [1]


async def test_resume_by_secret(http: TestClient, poll: OpenPoller) -> None:
    """A resume needs no token while the session's own is valid."""
    poller = await poll()
    again = await Poller.open(http, poller.welcome["secret"], resume=poller.resume())
    assert again.welcome["resumed"] is True
    assert again.welcome["session_id"] == poller.welcome["session_id"]


async def test_resume_in_vain(poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """What can't be resumed begins anew and says why."""
    poller = await poll()
    await advance(31 + hub.limits.resume_seconds)
    again = await poll(resume=poller.resume())
    assert again.welcome["resumed"] is False
    assert again.welcome["resume_failure"] == "session_unknown"
    assert again.welcome["session_id"] != poller.welcome["session_id"]


async def test_reload(hass: HomeAssistant, entry: MockConfigEntry, poll: OpenPoller, hub: Hub) -> None:
    """When the hub closes, a fetch that waits takes the goodbye; after a reload the session goes on."""
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


async def test_delete(hass: HomeAssistant, poll: OpenPoller, hub: Hub, advance: Advance) -> None:
    """A client that goes for good can't come back, and for a while is told so."""
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


async def test_revoked(hass: HomeAssistant, poll: OpenPoller, hub: Hub) -> None:
    """Who is put out hears it at once, and what to make of it."""
    poller = await poll()
    await poller.fetch()
    async with waiting(poller, hub, cursor=poller.cursor) as fetch:
        await hass.services.async_call("moosicbox", "revoke_token", {"sub": "tester"}, blocking=True)
        response = await fetch
    error = await response.json()
    assert response.status == 410
    assert (error["error_type"], error["close_code"], error["retryable"]) == ("connection_closed", 4503, False)


async def test_expired(http: TestClient, create_token: CreateToken, advance: Advance) -> None:
    """A token that ends takes the session with it, unless it was refreshed in time."""
    poller = await Poller.open(http, await create_token(expires_in=60))
    for _ in range(3):
        await advance(20)
        await poller.fetch()
    assert (await poller.request("refresh", token="forged"))["error_type"] == "authentication_failed"
    assert (await poller.request("refresh", token=await create_token(expires_in=120)))["type"] == "result"
    for _ in range(3):
        await advance(20)
        await poller.fetch()
    await advance(11)
    assert (await (await poller.get(wait=0)).json())["close_code"] == 4505
    response = await http.post(SESSIONS, headers=poller.headers, json=authenticate(resume=poller.resume()))
    assert await refusal(response) == (401, "authentication_failed")


async def test_newest_player_wins(poll: OpenPoller) -> None:
    """The newest connection with a player_id is the player."""
    older = await poll(client=player("kitchen"))
    await poll(client=player("kitchen"))
    assert (await (await older.get(wait=0)).json())["close_code"] == 4509


async def test_secrets_stay_out_of_the_log(
    http: TestClient, poll: OpenPoller, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither token nor secret is written down."""
    caplog.set_level("DEBUG")
    poller = await poll()
    await poller.fetch()
    await http.get(poller.messages, headers=bearer("wrong"))
    await poller.end()
    assert token not in caplog.text
    assert poller.welcome["secret"] not in caplog.text
