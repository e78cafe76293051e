"""Blueprints: each is added as the Hub page adds it, becomes an automation as by the editor, and runs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.moosicbox.blueprints import FOLDER
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.library import Library
from tests.fixtures import BRASS, COPPER, Connect
from tests.home.actions import KITCHEN, act, next_command, play, report, state, titles
from tests.home.parties import PARTY
from tests.home.speech import add_speech
from tests.wire.client import Client, player

REPOSITORY = Path(__file__).parents[3]
LOUNGE = "media_player.lounge"
GO = [{"trigger": "event", "event_type": "go"}]
FILES = sorted(FOLDER.glob("*/*.yaml"))

type Use = Callable[..., Awaitable[None]]
type Go = Callable[[], Awaitable[None]]


@pytest.fixture
async def use(
    hass: HomeAssistant,
    editor: None,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
) -> Use:
    """Return a function that adds a blueprint, and makes an automation of it."""

    async def use(name: str, **inputs: Any) -> None:
        socket = await hass_ws_client(hass)

        async def command(type_: str, **fields: Any) -> Any:
            await socket.send_json_auto_id({"type": type_, **fields})
            answer = await socket.receive_json()
            assert answer["success"], answer
            return answer["result"]

        offered = {each["path"]: each for each in (await command(f"{DOMAIN}/blueprints"))["blueprints"]}
        assert set(offered) == {f"{DOMAIN}/{file.name}" for file in FILES}
        found = offered[f"{DOMAIN}/{name}.yaml"]
        await command("blueprint/save", **{key: found[key] for key in ("domain", "path", "yaml")})
        added = await command("blueprint/list", domain="automation")
        assert added[found["path"]]["metadata"]["name"] == found["name"]
        automation = {"alias": name, "use_blueprint": {"path": found["path"], "input": inputs}}
        stored = await (await hass_client()).post(f"/api/config/automation/config/{name}", json=automation)
        assert stored.status == 200, await stored.text()
        await hass.async_block_till_done()
        assert [each.state for each in hass.states.async_all("automation")] == ["on"]

    return use


@pytest.fixture
def go(hass: HomeAssistant) -> Go:
    """Return a function that triggers the automation, and waits for it."""

    async def go() -> None:
        hass.bus.async_fire("go")
        await hass.async_block_till_done()

    return go


@pytest.fixture
async def lounge(hass: HomeAssistant, kitchen: Client, connect: Connect, token: str) -> Client:
    """A second player, `media_player.lounge`."""
    client = await connect()
    await client.authenticate(token, client=player("lounge"))
    await hass.async_block_till_done()
    return client


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_blueprint_can_be_imported_by_a_link(file: Path) -> None:
    path = file.relative_to(REPOSITORY)
    address = f"https://github.com/moosicbox/home-assistant-moosicbox/blob/main/{path}"
    assert f"source_url: {address}\n" in file.read_text("utf-8")
    link = f"https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url={quote(address, safe='')}"
    assert link in (REPOSITORY / "docs" / "automations.md").read_text("utf-8")


@pytest.mark.process
async def test_a_button_plays_a_favourite(
    hass: HomeAssistant, entry: MockConfigEntry, kitchen: Client, use: Use, go: Go
) -> None:
    library: Library = entry.runtime_data.library
    await library.scan()
    track = (await library.search("Copper Rain")).items[0].item
    await library.set_favourite(track.track_id)  # type: ignore[union-attr]
    await use("button_plays_favourite", button=GO, player=KITCHEN, volume=30)
    await go()
    shown = state(hass)
    assert (shown.state, shown.attributes["media_title"]) == ("playing", "Copper Rain")
    assert shown.attributes["volume_level"] == pytest.approx(0.3)
    await go()
    assert state(hass).state == "paused"
    await go()
    assert (state(hass).state, await titles(kitchen)) == ("playing", ["Copper Rain"])


async def test_the_doorbell_sends_the_guests_link(
    hass: HomeAssistant, party: str, connect: Connect, use: Use, go: Go
) -> None:
    hass.config.internal_url = "http://hub.local:8123"
    sent = async_mock_service(hass, "notify", "send_message")
    send = [{"action": "notify.send_message", "data": {"message": "{{ room_name }}: {{ link }}"}}]
    await use("guest_link_at_the_doorbell", doorbell=GO, room=PARTY, send=send)
    await go()
    assert sent == [], "nothing plays"
    await play(hass, BRASS, entity_id=PARTY)
    await go()
    [call] = sent
    name, _, link = call.data["message"].partition(": ")
    assert name == "Party"
    assert link.startswith("http://hub.local:8123/moosicbox/party/#")
    guest = await connect()
    await guest.authenticate(invite=link.partition("#")[2], client={"name": "Zoe", "kind": "controller"})


@pytest.mark.process
async def test_an_announcement_turns_others_down(
    hass: HomeAssistant,
    tts: None,
    kitchen: Client,
    lounge: Client,
    use: Use,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    speech = await add_speech(hass)
    await act(hass, "volume_set", LOUNGE, volume_level=0.6)
    await act(hass, "volume_set", KITCHEN, volume_level=0.5)
    await play(hass, BRASS, entity_id=LOUNGE)
    message = "Dinner & {{ 'drinks' }}?"
    await use(
        "duck_and_announce",
        start=GO,
        message=message,
        player=KITCHEN,
        engine="tts.speech",
        turned_down=[LOUNGE, KITCHEN],
    )
    hass.bus.async_fire("go")
    told = await next_command(kitchen)
    spoken = await (await hass_client_no_auth()).get(told["track"]["stream_url"])
    assert (await spoken.read(), speech.messages) == (b"speech", ["Dinner & drinks?"])
    assert volumes(hass) == [0.5, 0.1]
    await report(kitchen, "idle", told)
    await hass.async_block_till_done()
    assert volumes(hass) == [0.5, 0.6]


def volumes(hass: HomeAssistant) -> list[float]:
    """Return the volumes of the two players."""
    return [round(state(hass, entity_id).attributes["volume_level"], 2) for entity_id in (KITCHEN, LOUNGE)]


async def test_good_night_stops_everything(
    hass: HomeAssistant, kitchen: Client, lounge: Client, ada: Client, use: Use, go: Go
) -> None:
    for entity_id in (KITCHEN, LOUNGE, "media_player.ada"):
        await act(hass, "volume_set", entity_id, volume_level=0.5)
        await play(hass, BRASS, entity_id=entity_id)
    done = async_capture_events(hass, "done")
    await use("good_night", **{"start": GO, "except": ["media_player.ada"], "finally": [{"event": "done"}]})
    await go()
    assert [state(hass, each).state for each in (KITCHEN, LOUNGE, "media_player.ada")] == ["idle", "idle", "playing"]
    assert (volumes(hass), len(done)) == ([0.5, 0.5], 1)


async def test_good_night_fades_the_music_out(hass: HomeAssistant, kitchen: Client, use: Use) -> None:
    await act(hass, "volume_set", volume_level=0.5)
    await play(hass, BRASS)
    calls = async_capture_events(hass, EVENT_CALL_SERVICE)
    over = asyncio.Event()
    hass.bus.async_listen("over", callback(lambda _event: over.set()))
    await use("good_night", start=GO, minutes=0.01, **{"finally": [{"event": "over"}]})
    hass.bus.async_fire("go")
    await over.wait()
    levels = [call.data["service_data"]["volume_level"] for call in calls if call.data["service"] == "volume_set"]
    assert levels == pytest.approx([*(0.5 * (1 - step / 20) for step in range(1, 21)), 0.5])
    assert (state(hass).state, state(hass).attributes["volume_level"]) == ("idle", 0.5)


async def test_the_music_follows_a_person(
    hass: HomeAssistant,
    kitchen: Client,
    lounge: Client,
    entry: MockConfigEntry,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    use: Use,
) -> None:
    for player_id, name in (("kitchen", "Kitchen"), ("lounge", "Living room")):
        device = device_registry.async_get_device_by_identifier((DOMAIN, player_id), entry.entry_id)
        assert device is not None
        device_registry.async_update_device(device.id, area_id=area_registry.async_create(name).id)
    area_registry.async_create("Attic")
    hass.states.async_set("sensor.ada", "Kitchen")
    await use("follow_a_person", location="sensor.ada", players=[KITCHEN, LOUNGE], seconds=0)

    async def enter(area: str) -> list[str]:
        hass.states.async_set("sensor.ada", area)
        await hass.async_block_till_done()
        return [state(hass, entity_id).state for entity_id in (KITCHEN, LOUNGE)]

    assert await enter("Living room") == ["idle", "idle"]
    await play(hass, BRASS, entity_id=LOUNGE)
    await play(hass, COPPER, entity_id=LOUNGE, enqueue="add")
    assert await enter("Kitchen") == ["playing", "idle"]
    assert await titles(kitchen) == ["Brass Morning", "Copper Rain"]
    assert await enter("Attic") == ["playing", "idle"]
    assert await enter("unavailable") == ["playing", "idle"]
    assert await enter("Living room") == ["idle", "playing"]
