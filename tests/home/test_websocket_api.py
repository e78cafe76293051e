"""The commands of Home Assistant's WebSocket API."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.const import VERSION
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.protocol.client import Broadcast
from tests.fixtures import BRASS, Connect, CreateToken
from tests.wire.client import Client, Message, player


class Page:
    """A page's subscription."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def subscribe(self, **fields: Any) -> Message:
        await self.socket.send_json_auto_id({"type": "moosicbox/subscribe", **fields})
        answer: Message = await self.socket.receive_json()
        return answer

    async def receive(self) -> Message:
        event: Message = (await self.socket.receive_json())["event"]
        return event

    async def until(self, type_: str) -> Message:
        while (message := await self.receive())["type"] != type_:
            pass
        return message


@pytest.fixture
async def page(entry: MockConfigEntry, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str) -> Page:
    """A page of a user who is not an administrator."""
    return Page(await hass_ws_client(access_token=hass_read_only_access_token))


async def notify(hub: Hub, message: str, target: Any, target_id: str | None = None) -> int:
    answer = await hub.execute(Broadcast(target=target, target_id=target_id, message=message))
    recipients: int = answer["recipients"]
    return recipients


async def test_info_has_address_version_and_players(kitchen: Client, page: Page) -> None:
    await page.socket.send_json_auto_id({"type": "moosicbox/info"})
    info = (await page.socket.receive_json())["result"]
    assert (info["path"], info["version"]) == ("/api/moosicbox/ws", VERSION)
    assert [(one["player_id"], one["entity_id"], one["available"]) for one in info["players"]] == [
        ("kitchen", "media_player.kitchen", True)
    ]


async def test_players_and_status_are_pushed(kitchen: Client, page: Page) -> None:
    assert (await page.subscribe())["success"]
    listed = await page.until("player_list")
    assert listed["snapshot"] is True
    assert [one["player_id"] for one in listed["players"]] == ["kitchen"]
    assert (await page.until("queue_updated"))["queue"]["total"] == 0
    await kitchen.request("volume_command", volume=0.25)
    assert (await page.until("volume_update"))["volume"] == 0.25
    await kitchen.request("queue_command", action="add", media_content_id=BRASS)
    added = await page.until("queue_updated")
    assert [op["op"] for op in added["ops"]] == ["add"]
    assert added["topic"] == "player:kitchen"


async def test_new_players_are_followed(connect: Connect, token: str, page: Page) -> None:
    await page.subscribe()
    await page.until("player_list")
    client = await connect()
    await client.authenticate(token, client=player("bath"))
    assert (await page.until("playback_status"))["topic"] == "player:bath"


async def test_notices_reach_their_recipients_only(hub: Hub, page: Page, hass_read_only_user: User) -> None:
    await page.subscribe()
    assert await notify(hub, "for somebody else", "user", "somebody") == 0
    assert await notify(hub, "for administrators", "permission", "admin") == 0
    assert await notify(hub, "for you", "user", hass_read_only_user.id) == 1
    assert await notify(hub, "for all", "all") == 1
    assert (await page.until("user_notification"))["message"] == "for you"
    assert (await page.until("notification"))["message"] == "for all"


@pytest.mark.parametrize("topic", ["user:somebody", "permission:admin", "client:abc", "play:kitchen"])
async def test_topics_without_permission_are_refused(page: Page, topic: str) -> None:
    answer = await page.subscribe(topics=["all", topic])
    assert answer["error"]["code"] == "permission_denied"


async def test_only_requested_topics_are_forwarded(hub: Hub, kitchen: Client, page: Page) -> None:
    assert (await page.subscribe(topics=["all"]))["success"]
    await kitchen.request("volume_command", volume=0.25)
    await notify(hub, "first", "all")
    assert (await page.receive())["message"] == "first"


async def test_malformed_topics_are_invalid(page: Page) -> None:
    assert (await page.subscribe(topics=["not a topic"]))["error"]["code"] == "invalid_format"


async def test_unsubscribing_ends_it(hub: Hub, page: Page) -> None:
    answer = await page.subscribe(topics=["all"])
    assert await notify(hub, "one", "all") == 1
    await page.until("notification")
    await page.socket.send_json_auto_id({"type": "unsubscribe_events", "subscription": answer["id"]})
    assert (await page.socket.receive_json())["success"]
    assert await notify(hub, "two", "all") == 0


async def test_a_closed_page_is_unsubscribed(hass: HomeAssistant, hub: Hub, page: Page) -> None:
    await page.subscribe(topics=["all"])
    await page.socket.close()
    await hass.async_block_till_done()
    assert await notify(hub, "nobody", "all") == 0


async def test_revoked_permissions_end_topics(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    group = await hass.auth.async_get_group(GROUP_ID_ADMIN)
    assert group is not None
    user = MockUser(groups=[group]).add_to_hass(hass)
    refresh_token = await hass.auth.async_create_refresh_token(user, "https://client.example/")
    page = Page(await hass_ws_client(access_token=hass.auth.async_create_access_token(refresh_token)))
    await page.subscribe()
    assert await notify(hub, "for administrators", "permission", "admin") == 1
    await hass.auth.async_update_user(user, group_ids=[GROUP_ID_USER])
    await hass.async_block_till_done()
    assert await notify(hub, "for administrators", "permission", "admin") == 0
    assert await notify(hub, "for all", "all") == 1


async def test_a_removed_player_is_not_followed(hub: Hub, kitchen: Client, page: Page) -> None:
    await page.subscribe()
    hub.players.remove("kitchen")
    assert list(hub.topics["player:kitchen"].subscribers) == []


async def test_without_an_entry(hass: HomeAssistant, entry: MockConfigEntry, page: Page) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await page.subscribe())["error"]["code"] == "not_found"
    await page.socket.send_json_auto_id({"type": "moosicbox/info"})
    assert (await page.socket.receive_json())["error"]["code"] == "not_found"


async def test_a_subscription_outlives_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, page: Page, create_token: CreateToken
) -> None:
    await page.subscribe(topics=["all"])
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await notify(hub, "still there", "all") == 1
    assert (await page.until("notification"))["message"] == "still there"


@pytest.fixture
async def admin_page(entry: MockConfigEntry, hass_ws_client: WebSocketGenerator) -> Page:
    return Page(await hass_ws_client())


async def ask(page: Page, type_: str) -> Message:
    await page.socket.send_json_auto_id({"type": type_})
    answer: Message = await page.socket.receive_json()
    return answer


async def test_health_is_reported(admin_page: Page) -> None:
    assert (await ask(admin_page, "moosicbox/health"))["result"] == {"status": "healthy", "reasons": []}


async def test_tokens_are_listed_without_their_secrets(hass: HomeAssistant, admin_page: Page) -> None:
    async def act(action: str, **data: Any) -> Any:
        return await hass.services.async_call("moosicbox", action, data, blocking=True, return_response=True)

    radio = await act("create_token", sub="radio", name="Kitchen radio", role="user", expires_in=3600)
    lamp = await act("create_token", sub="lamp", role="user", expires_in=3600)
    await act("revoke_token", jti=radio["jti"])
    answer = await ask(admin_page, "moosicbox/tokens")
    assert [(token["sub"], token["name"], token["revoked"]) for token in answer["result"]["tokens"]] == [
        ("lamp", "lamp", False),
        ("radio", "Kitchen radio", True),
    ]
    assert answer["result"]["tokens"][0]["expires_at"] == lamp["expires_at"]
    assert lamp["token"] not in str(answer)


@pytest.mark.parametrize("command", ["moosicbox/health", "moosicbox/tokens"])
async def test_administration_needs_an_administrator(page: Page, command: str) -> None:
    assert (await ask(page, command))["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("command", ["moosicbox/health", "moosicbox/tokens"])
async def test_administration_fails_without_a_loaded_entry(
    hass: HomeAssistant, entry: MockConfigEntry, admin_page: Page, command: str
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await ask(admin_page, command))["error"]["code"] == "not_found"
