"""The list of tokens for administrators, with those of invited guests."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.fixtures import Connect
from tests.wire.client import Client, Message
from tests.wire.rooms import guest_of
from tests.wire.tokens import revoke

from .parties import room_command


async def test_tokens_of_guests_are_listed_and_revoked(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    ada: Client,
    party: str,
    connect: Connect,
) -> None:
    gus = await guest_of(connect, (await room_command(ada, "invite", room_id=party))["invite"])
    page = await hass_ws_client(hass)

    async def tokens_of_guests() -> list[Message]:
        await page.send_json_auto_id({"type": "moosicbox/tokens"})
        tokens = (await page.receive_json())["result"]["tokens"]
        return [token for token in tokens if token.get("room_id") == party]

    (listed,) = await tokens_of_guests()
    assert (listed["sub"], listed["name"]) == (gus.welcome["user"]["id"], "Gus")
    assert listed["expires_at"][:19] == gus.welcome["expires_at"][:19]
    assert not listed["revoked"]
    await revoke(hass, jti=listed["jti"])
    assert (await gus.closed())[0] == 4503
    assert [token["revoked"] for token in await tokens_of_guests()] == [True]
