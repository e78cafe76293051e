"""Announcements by the action `moosicbox.announce`."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest

from custom_components.moosicbox.const import DOMAIN
from tests.fixtures import BRASS, PAPER, Advance
from tests.wire.client import Client

from .actions import KITCHEN, act, next_command, play, report, state
from .speech import add_speech
from .test_room_services import ask, do


@pytest.fixture
def events(hass: HomeAssistant) -> list[dict[str, Any]]:
    fired: list[dict[str, Any]] = []
    hass.bus.async_listen(f"{DOMAIN}_announcement", callback(lambda event: fired.append(dict(event.data))))
    return fired


@pytest.mark.process
@pytest.mark.usefixtures("tts")
async def test_a_message_is_spoken_in_an_area(
    hass: HomeAssistant, kitchen: Client, events: list[dict[str, Any]]
) -> None:
    await add_speech(hass)
    area = ar.async_get(hass).async_create("Kitchen")
    entity = er.async_get(hass).async_get(KITCHEN)
    assert entity is not None
    assert entity.device_id is not None
    dr.async_get(hass).async_update_device(entity.device_id, area_id=area.id)
    await play(hass, BRASS)
    await next_command(kitchen)
    await act(hass, "volume_set", volume_level=0.2)
    answer = await ask(hass, "announce", area_id=area.id, message="Dinner", tts_entity="tts.speech", volume=0.6)
    assert (answer["players"], answer["refused"]) == (["kitchen"], [])
    chime = await next_command(kitchen)
    assert chime["track"]["stream_url"].split("?")[0].endswith("/player/chime.flac")
    assert state(hass).attributes["volume_level"] == 0.6
    await report(kitchen, "idle", chime)
    spoken = await next_command(kitchen)
    assert "tts_proxy" in spoken["track"]["stream_url"]
    await report(kitchen, "idle", spoken)
    assert (await next_command(kitchen))["track"]["title"] == "Brass Morning"
    assert state(hass).attributes["volume_level"] == 0.2
    assert [(event["event_type"], event["text"]) for event in events] == [("announced", "Dinner")]


@pytest.mark.usefixtures("kitchen")
async def test_a_message_needs_a_text_to_speech_engine(hass: HomeAssistant) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await do(hass, "announce", entity_id=KITCHEN, message="Dinner")
    assert error.value.translation_key == "cant_speak"


async def test_the_chime_is_served(hass: HomeAssistant, kitchen: Client, hass_client_no_auth: Any) -> None:
    await ask(hass, "announce", entity_id=KITCHEN, media_content_id=PAPER)
    address = (await next_command(kitchen))["track"]["stream_url"]
    served = await (await hass_client_no_auth()).get(address)
    assert (served.status, (await served.read())[:4]) == (200, b"fLaC")


@pytest.mark.process
@pytest.mark.usefixtures("tts", "kitchen")
async def test_unknown_speech_is_refused(hass: HomeAssistant) -> None:
    await add_speech(hass)
    with pytest.raises(ServiceValidationError, match=r"tts\.other") as error:
        await do(hass, "announce", entity_id=KITCHEN, message="Dinner", tts_entity="tts.other")
    assert error.value.translation_key == "engine_cant_speak"


async def test_repetition_is_acknowledged(
    hass: HomeAssistant, kitchen: Client, advance: Advance, events: list[dict[str, Any]]
) -> None:
    answer = await ask(
        hass, "announce", entity_id=KITCHEN, media_content_id=PAPER, chime=False, repeat_seconds=10, priority="high"
    )
    for _ in range(2):
        told = await next_command(kitchen)
        assert told["track"]["title"] == "Paper Lantern"
        await report(kitchen, "idle", told)
        await advance(10)
        await hass.async_block_till_done()
    household = await ask(hass, "get_household")
    assert [each["announcement_id"] for each in household["announcements"]] == [answer["announcement_id"]]
    await do(hass, "acknowledge_announcement", announcement_id=answer["announcement_id"])
    await hass.async_block_till_done()
    assert not (await ask(hass, "get_household"))["announcements"]
    assert [event["event_type"] for event in events] == ["announced", "acknowledged"]
