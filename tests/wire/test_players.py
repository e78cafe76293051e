"""Players: owners of their ids, and connections that replace one another."""

from dataclasses import replace

from homeassistant.core import HomeAssistant

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.playback.events import OrderIssued, PlaybackEvent
from custom_components.moosicbox.engine.playback.player import PlaybackContext
from tests.fixtures import BRASS, Connect, CreateToken
from tests.states import state_of

from .client import Client, player


async def test_a_player_id_belongs_to_its_first_user(
    connect: Connect, create_token: CreateToken, kitchen: Client
) -> None:
    """Connected or not."""
    other = await create_token("other")
    for _ in range(2):
        client = await connect()
        await client.send("authenticate", token=other, client=player("kitchen"))
        code, (error,) = await client.closed()
        assert (code, error["error_type"]) == (4501, "permission_denied")
        await kitchen.close()


async def test_an_administrator_may_take_over_a_player(
    connect: Connect, create_token: CreateToken, token: str, kitchen: Client
) -> None:
    """Its owner may take it back."""
    admin = await connect()
    await admin.authenticate(await create_token("boss", role="admin"), client=player("kitchen"))
    assert (await kitchen.closed())[0] == 4509
    again = await connect()
    await again.authenticate(token, client=player("kitchen"))
    assert (await admin.closed())[0] == 4509


async def test_a_newer_connection_replaces_the_player(
    hass: HomeAssistant, connect: Connect, token: str, kitchen: Client
) -> None:
    """The older one is closed with 4509; there is one entity, and it stays available."""
    newer = await connect()
    await newer.authenticate(token, client=player("kitchen"))
    assert (await kitchen.closed())[0] == 4509
    await hass.async_block_till_done()
    assert hass.states.async_entity_ids("media_player") == ["media_player.kitchen"]
    assert state_of(hass, "media_player.kitchen").state == "idle"


async def test_an_order_is_written_before_the_turn_goes_on(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    """Otherwise the rest of the turn would be taken from the time that the player has to follow it."""
    await kitchen.arrived()
    session = hub.sessions.find_by_client(kitchen.welcome["client_id"])
    assert session is not None
    waiting: list[int] = []

    def note(context: PlaybackContext, event: PlaybackEvent) -> None:
        if isinstance(event, OrderIssued):
            assert session.connection is not None
            waiting.append(len(session.connection.outbox))

    unsubscribe = hub.publisher.playback_event.subscribe(note)
    answer = await kitchen.request("queue_command", action="add", media_content_id=BRASS, play=True)
    unsubscribe()
    assert answer["type"] == "result"
    assert waiting == [0]
    order = await kitchen.until("synchronized_playback", command="play")
    assert order["track"]["title"] == "Brass Morning"


async def test_the_number_of_players_of_a_user_is_bounded(
    connect: Connect, token: str, create_token: CreateToken, hub: Hub
) -> None:
    hub.configure(replace(hub.limits, max_players_per_user=2))
    for player_id in "attic", "cellar", "attic":
        await (await connect()).authenticate(token, client=player(player_id))
    client = await connect()
    await client.send("authenticate", token=token, client=player("garden"))
    code, (error,) = await client.closed()
    assert (code, error["error_type"]) == (4501, "unavailable")
    await (await connect()).authenticate(await create_token("other"), client=player("garden"))
