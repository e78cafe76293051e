"""The delays of external speakers: test sounds beside a player, and what is saved."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.adapters.output_delays import SOUNDS
from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, Advance, ManualClock
from tests.wire.client import Client

from .actions import KITCHEN, act, next_command, play, report, state
from .parties import PARTY
from .test_outputs import RADIO, Radio, received, speakers  # noqa: F401

pytestmark = pytest.mark.usefixtures("speakers")

type Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def ask(hass_ws_client: WebSocketGenerator, kitchen: Client) -> Ask:
    """Send a command and return the answer."""
    socket = await hass_ws_client()

    async def ask(kind: str, **fields: Any) -> dict[str, Any]:
        await socket.send_json_auto_id({"type": f"moosicbox/{kind}", **fields})
        answer: dict[str, Any] = await socket.receive_json()
        return answer

    return ask


async def test_the_speaker_is_told_when_the_reference_begins(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],  # noqa: F811
    hub: Hub,
    clock: ManualClock,
    kitchen: Client,
    hass_ws_client: WebSocketGenerator,
    advance: Advance,
) -> None:
    await hass.config.async_update(internal_url="http://home.example:8123")
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    socket = await hass_ws_client()
    await socket.send_json_auto_id({"type": "moosicbox/outputs", "player_id": "kitchen"})
    assert (await socket.receive_json())["result"] == {
        "outputs": [{"entity_id": RADIO, "name": "Radio", "delay_ms": 0.0}],
        "references": [{"player_id": "kitchen", "name": "Kitchen"}],
    }
    await socket.send_json_auto_id({"type": "moosicbox/play_delay_sounds", "entity_id": RADIO, "player_id": "kitchen"})
    order = await next_command(kitchen)
    assert order["track"]["stream_url"].split("?")[0].endswith("/measurement/reference.flac")
    ahead_us = order["sync_time_us"] - clock.moment_us
    assert ahead_us > 0
    await advance((ahead_us - 1_000) / 1e6)
    assert received(radio) == []
    await advance(0.001)
    assert (await socket.receive_json())["success"]
    ((kind, url),) = received(radio)
    assert (kind, url.split("?")[0].endswith("/measurement/output.flac")) == ("play", True)
    await report(kitchen, "idle", order)

    data = {"type": "moosicbox/set_output_delay", "entity_id": RADIO, "delay_ms": 412}
    await socket.send_json_auto_id(data)
    assert (await socket.receive_json())["success"]
    await hass.async_block_till_done()
    assert hub.players.get("kitchen").outputs == {RADIO: 412}
    assert state(hass, "number.kitchen_delay_of_radio").state == "412.0"


async def test_the_sounds_are_served(hass: HomeAssistant, kitchen: Client, hass_client_no_auth: Any) -> None:
    client = await hass_client_no_auth()
    for name in "reference", "output":
        async with client.get(f"{SOUNDS}/{name}.flac") as response:
            assert (response.status, response.content_type) == (200, "audio/flac")


async def test_a_rooms_speaker_is_compared_with_one_of_its_players(
    hass: HomeAssistant, ask: Ask, ada: Client, ben: Client, party: str
) -> None:
    await act(hass, "join", PARTY, group_members=[RADIO])
    answer = await ask("outputs", room_id="party")
    assert [each["player_id"] for each in answer["result"]["references"]] == ["ada", "ben"]
    refused = await ask("play_delay_sounds", entity_id=RADIO, player_id="kitchen")
    assert refused["error"]["translation_key"] == "delay_no_reference"


async def test_nothing_is_measured_while_the_music_plays(hass: HomeAssistant, ask: Ask) -> None:
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, BRASS)
    refused = await ask("play_delay_sounds", entity_id=RADIO, player_id="kitchen")
    assert refused["error"]["translation_key"] == "delay_music_plays"


async def test_another_announcement_comes_first(hass: HomeAssistant, ask: Ask, hub: Hub) -> None:
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, BRASS, announce=True)
    refused = await ask("play_delay_sounds", entity_id=RADIO, player_id="kitchen")
    assert refused["error"]["translation_key"] == "delay_busy"


@pytest.mark.parametrize("fault", [HomeAssistantError("Nobody answers"), ConnectionError("Nobody answers")], ids=repr)
async def test_a_failing_speaker_is_named_and_the_reference_ends(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],  # noqa: F811
    hass_ws_client: WebSocketGenerator,
    hub: Hub,
    kitchen: Client,
    advance: Advance,
    fault: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    radio, _ = speakers
    radio.broken, radio.fault = True, fault
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    socket = await hass_ws_client()
    await socket.send_json_auto_id({"type": "moosicbox/play_delay_sounds", "entity_id": RADIO, "player_id": "kitchen"})
    await next_command(kitchen)
    await advance(1)
    error = (await socket.receive_json())["error"]
    assert error["translation_key"] == "delay_output_failed"
    assert error["translation_placeholders"] == {"speaker": "Radio"}
    assert f"{RADIO} can't play the test clicks: Nobody answers" in caplog.text
    assert hub.players.get("kitchen").announcement is None


async def test_only_who_controls_the_player_may_measure_and_save(
    hass: HomeAssistant,
    ask: Ask,
    hub: Hub,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    hass_read_only_user: MockUser,
) -> None:
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    reader = await hass_ws_client(access_token=hass_read_only_access_token)
    for command in (
        {"type": "moosicbox/outputs", "player_id": "kitchen"},
        {"type": "moosicbox/play_delay_sounds", "entity_id": RADIO, "player_id": "kitchen"},
        {"type": "moosicbox/set_output_delay", "entity_id": RADIO, "delay_ms": 5},
    ):
        await reader.send_json_auto_id(command)
        assert not (await reader.receive_json())["success"]
    assert hub.players.get("kitchen").outputs == {RADIO: 0}


async def test_unknown_speakers_and_values_are_refused(hass: HomeAssistant, ask: Ask) -> None:
    assert (await ask("outputs", room_id="attic"))["error"]["code"] == "not_found"
    assert (await ask("outputs"))["error"]["code"] == "not_found"
    for command in "play_delay_sounds", "set_output_delay":
        fields = {"player_id": "kitchen"} if command == "play_delay_sounds" else {"delay_ms": 5}
        assert (await ask(command, entity_id=RADIO, **fields))["error"]["translation_key"] == "output_removed"
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    for delay_ms in (-1, 5001, "many"):
        assert (await ask("set_output_delay", entity_id=RADIO, delay_ms=delay_ms))["error"]["code"] == "invalid_format"
