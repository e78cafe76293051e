"""Permissions of Home Assistant's users: its policy for their access to entities counts in the hub, too."""

from typing import Any

from homeassistant.components.media_player import DOMAIN as MEDIA_PLAYER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.playback_entity import PlaybackEntity
from tests.fixtures import Connect
from tests.wire.client import Client, player
from tests.wire.tokens import login

from .actions import KITCHEN, act

ONLY_KITCHEN = {"entities": {"entity_ids": {KITCHEN: True}}}
WRITING: list[tuple[str, dict[str, Any]]] = [
    ("queue_clear", {"player_id": "kitchen"}),
    ("create_room", {"name": "Party"}),
    ("set_favourite", {"id": "t-1"}),
    ("edit_playlist", {"name": "Sunday"}),
]


@pytest.mark.parametrize(("action", "data"), WRITING, ids=[action for action, _ in WRITING])
async def test_a_read_only_user_changes_nothing_by_actions(
    hass: HomeAssistant, kitchen: Client, hass_read_only_user: MockUser, action: str, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError) as refusal:
        await hass.services.async_call(
            DOMAIN, action, data, blocking=True, context=Context(user_id=hass_read_only_user.id)
        )
    assert refusal.value.translation_key in ("permission_needed", "right_missing")


async def test_a_read_only_user_changes_nothing_by_messages(
    hass: HomeAssistant, kitchen: Client, connect: Connect, hass_read_only_user: MockUser
) -> None:
    _, token = await login(hass, hass_read_only_user)
    client = await connect()
    await client.authenticate(token)
    for type_, fields in (
        ("playback_command", {"player_id": "kitchen", "command": "stop"}),
        ("volume_command", {"player_id": "kitchen", "volume": 0}),
        ("queue_command", {"player_id": "kitchen", "action": "clear"}),
        ("room_command", {"action": "create", "name": "Party"}),
        ("library_request", {"request_type": "set_favourite", "id": "t-1"}),
    ):
        assert (await client.request(type_, **fields))["error_type"] == "permission_denied", type_
    other = await connect()
    await other.send("authenticate", token=token, client=player("attic"))
    assert (await other.receive())["error_type"] == "permission_denied"


async def test_a_policy_for_one_entity_counts_for_this_entity_only(
    hass: HomeAssistant, hub: Hub, kitchen: Client, connect: Connect, token: str, hass_read_only_user: MockUser
) -> None:
    hall = await connect()
    await hall.authenticate(token, client=player("hall"))
    await hass.async_block_till_done()
    hass_read_only_user.mock_policy(ONLY_KITCHEN)
    context = Context(user_id=hass_read_only_user.id)

    async def call(action: str, **data: Any) -> None:
        await hass.services.async_call(MEDIA_PLAYER, action, data, blocking=True, context=context)

    await call("volume_set", entity_id=KITCHEN, volume_level=0.25)
    assert hub.players.get("kitchen").volume == 0.25
    with pytest.raises(Unauthorized):
        await call("volume_set", entity_id="media_player.hall", volume_level=0.25)
    with pytest.raises(HomeAssistantError):
        await call("join", entity_id=KITCHEN, group_members=["media_player.hall"])
    assert len(hub.rooms) == 0

    _, access_token = await login(hass, hass_read_only_user)
    client = await connect()
    await client.authenticate(access_token)
    assert client.welcome["permissions"] == []


@pytest.mark.parametrize("ended", ["unknown", "deactivated"])
async def test_actions_of_users_without_access_fail(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, hass_admin_user: MockUser, ended: str
) -> None:
    """They don't run with the permissions of automations."""
    user_id = "0" * 32
    if ended == "deactivated":
        user_id = hass_admin_user.id
        await hass.auth.async_deactivate_user(hass_admin_user)
    context = Context(user_id=user_id)
    for action, data in WRITING:
        with pytest.raises(UnknownUser):
            await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context)
    # Home Assistant checks its own actions itself; entities must not rely on it.
    (entity,) = (
        entity
        for entity in hass.data[MEDIA_PLAYER].entities
        if entity.entity_id == KITCHEN and isinstance(entity, PlaybackEntity)
    )
    entity.async_set_context(context)
    with pytest.raises(UnknownUser):
        await entity.async_set_volume_level(0.0)


async def test_automations_have_the_permissions_of_the_hub(hass: HomeAssistant, hub: Hub, kitchen: Client) -> None:
    await act(hass, "volume_set", volume_level=0.5)
    assert hub.players.get("kitchen").volume == 0.5
