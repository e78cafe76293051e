"""Invited guests: their bounds, kicks, and revoked invites."""

import asyncio
from dataclasses import replace

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.invites import DEFAULT_USES, USES_BURST, WRONG_BURST
from tests.fixtures import Connect, CreateToken, ManualClock
from tests.http import HttpClient

from .client import CONTROLLER, Client, player, resume_of
from .poller import SESSIONS, Poller, bearer
from .rooms import data_of, guest_of, refusal


async def invite(host: Client, room_id: str, **fields: object) -> str:
    code: str = (await data_of(host, "invite", room_id=room_id, **fields))["invite"]
    return code


async def guest_with_token(connect: Connect, token: str, **client: object) -> Client:
    """Connect another client of a guest; `welcome` may be the error."""
    guest = await connect()
    await guest.send("authenticate", token=token, client={**CONTROLLER, **client})
    guest.welcome = await guest.receive()
    return guest


@pytest.mark.parametrize("again", ["token", "invite", "resume", "polling"])
async def test_a_kicked_guest_is_out(
    ada: Client,
    party: str,
    connect: Connect,
    http: HttpClient,
    again: str,
) -> None:
    """Its session ends; its token, the invite and the session's secret are refused."""
    code = await invite(ada, party)
    gus, other = await guest_of(connect, code), await guest_of(connect, code)
    for guest in gus, other:
        await data_of(guest, "join", room_id=party)
    poller = await Poller.open(http, gus.welcome["token"])
    await data_of(ada, "kick", room_id=party, client_id=gus.welcome["client_id"])
    assert (await gus.closed())[0] == 4503
    assert (await poller.get(wait=0)).status == 410

    match again:
        case "token":
            refused = await guest_with_token(connect, gus.welcome["token"])
            assert refused.welcome["error_type"] == "authentication_failed"
        case "invite":
            assert (await guest_of(connect, code)).welcome["error_type"] == "authentication_failed"
        case "resume":
            client = await connect()
            await client.send("authenticate", client=CONTROLLER, resume=resume_of(gus))
            assert (await client.closed())[0] == 4501
        case "polling":
            body = {"type": "authenticate", "client": CONTROLLER}
            response = await http.post(SESSIONS, headers=bearer(gus.welcome["token"]), json=body)
            assert response.status == 401
    # The other guest stays.
    assert (await other.request("room_chat", room_id=party, message="Hello"))["type"] == "result"
    assert (await guest_with_token(connect, other.welcome["token"])).welcome["type"] == "welcome"


async def test_a_kick_holds_after_a_reload(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    ada: Client,
    party: str,
    connect: Connect,
    hub: Hub,
) -> None:
    gus = await guest_of(connect, await invite(ada, party))
    await data_of(gus, "join", room_id=party)
    await data_of(ada, "kick", room_id=party, client_id=gus.welcome["client_id"])
    await hass.config_entries.async_reload(entry.entry_id)
    refused = await guest_with_token(connect, gus.welcome["token"])
    assert refused.welcome["error_type"] == "authentication_failed"


async def test_an_invite_has_a_default_number_of_uses(
    ada: Client,
    party: str,
    connect: Connect,
    clock: ManualClock,
) -> None:
    code = await invite(ada, party)
    for _ in range(DEFAULT_USES):
        guest = await guest_of(connect, code)
        assert guest.welcome["type"] == "welcome"
        await guest.close()
    clock.moment_us += 60_000_000
    assert (await guest_of(connect, code)).welcome["error_type"] == "authentication_failed"


async def test_an_address_uses_a_bounded_number_of_invites_at_once(
    ada: Client,
    party: str,
    connect: Connect,
    clock: ManualClock,
) -> None:
    """The refusal says when to try again, and the use isn't lost."""
    code = await invite(ada, party, uses=USES_BURST + 1)
    for _ in range(USES_BURST):
        await (await guest_of(connect, code)).close()
    late = await guest_of(connect, code)
    assert (late.welcome["error_type"], late.welcome["retryable"]) == ("rate_limit_exceeded", True)
    assert (await late.closed())[0] == 4029
    clock.moment_us += round(late.welcome["retry_after"] * 1e6)
    assert (await guest_of(connect, code)).welcome["type"] == "welcome"


async def test_wrong_invites_are_logged_and_do_not_keep_good_ones_out(
    ada: Client,
    party: str,
    connect: Connect,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Many guests share the address of a router."""
    code = await invite(ada, party)

    def logged() -> int:
        return sum("wrong or expired invite came from 127.0.0.1" in record.getMessage() for record in caplog.records)

    for number in range(WRONG_BURST):
        assert (await guest_of(connect, f"guess-{number}")).welcome["error_type"] == "authentication_failed"
    assert logged() == WRONG_BURST
    limited = await guest_of(connect, "another guess")
    assert (limited.welcome["error_type"], limited.welcome["retryable"]) == ("rate_limit_exceeded", True)
    assert logged() == WRONG_BURST
    assert (await guest_of(connect, code)).welcome["type"] == "welcome"


async def test_revoked_invites_admit_nobody_else(
    hass: HomeAssistant,
    ada: Client,
    party: str,
    connect: Connect,
) -> None:
    """By message and by action; guests stay."""
    codes = [await invite(ada, party), await invite(ada, party)]
    gus = await guest_of(connect, codes[0])
    await data_of(gus, "join", room_id=party)
    assert await refusal(gus, "revoke_invites", room_id=party) == "permission_denied"
    assert (await data_of(ada, "revoke_invites", room_id=party)) == {"revoked": 2}
    for code in codes:
        assert (await guest_of(connect, code)).welcome["error_type"] == "authentication_failed"
    assert (await gus.request("room_chat", room_id=party, message="Hello"))["type"] == "result"

    code = await invite(ada, party)
    answer = await hass.services.async_call(
        "moosicbox", "revoke_invites", {"room_id": party}, blocking=True, return_response=True
    )
    assert answer == {"revoked": 1}
    assert (await guest_of(connect, code)).welcome["error_type"] == "authentication_failed"


async def test_guests_leave_places_for_the_household(
    ada: Client,
    party: str,
    hub: Hub,
    connect: Connect,
    create_token: CreateToken,
) -> None:
    """All guests together take at most half of the connections and players."""
    hub.configure(replace(hub.limits, max_connections=6, max_players=6))
    code = await invite(ada, party)
    guests = [await guest_of(connect, code, kind="player", player_id=f"phone-{number}") for number in range(3)]
    assert [guest.welcome["type"] for guest in guests] == ["welcome"] * 3
    late = await guest_of(connect, code)
    assert (late.welcome["error_type"], late.welcome["retryable"]) == ("unavailable", True)
    assert (await late.closed())[0] == 4029
    ben = await connect()
    await ben.authenticate(await create_token("ben"), client=player("ben"))
    # The use of the invite isn't lost.
    ended = asyncio.Event()
    hub.sessions.ended.subscribe(lambda _session: ended.set())
    await guests[0].close()
    await ended.wait()
    assert (await guest_of(connect, code)).welcome["type"] == "welcome"


async def test_guests_of_a_room_have_common_bounds(
    ada: Client,
    party: str,
    hub: Hub,
    connect: Connect,
) -> None:
    """And each guest has its own."""
    hub.configure(
        replace(
            hub.limits,
            max_guests_per_room=3,
            max_guest_players_per_room=1,
            max_connections_per_guest=2,
            max_players_per_guest=1,
        )
    )
    await data_of(ada, "create", name="Other", id="other")
    code, elsewhere = await invite(ada, party), await invite(ada, "other")
    gus = await guest_of(connect, code, kind="player", player_id="phone")
    token = gus.welcome["token"]
    assert (await guest_of(connect, code, kind="player", player_id="tablet")).welcome["error_type"] == "unavailable"
    assert (await guest_with_token(connect, token)).welcome["type"] == "welcome"
    assert (await guest_with_token(connect, token)).welcome["error_type"] == "unavailable"
    assert (await guest_of(connect, code)).welcome["type"] == "welcome"
    assert (await guest_of(connect, code)).welcome["error_type"] == "unavailable"
    other = await guest_of(connect, elsewhere, kind="player", player_id="radio")
    assert other.welcome["type"] == "welcome"
    second = await guest_with_token(connect, other.welcome["token"], kind="player", player_id="second")
    assert second.welcome["error_type"] == "unavailable"
