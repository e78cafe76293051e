"""Other media players of the house that play along: told what a room or a player plays, as well as they can."""

from typing import Any, override

from homeassistant.components.media_player import DATA_COMPONENT, MediaPlayerEntity, MediaPlayerEntityFeature as Feature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import BRASS, COPPER, Advance
from tests.wire.client import Client

from .actions import KITCHEN, act, play, state
from .parties import PARTY
from .test_storage import restart

RADIO, SIMPLE = "media_player.radio", "media_player.simple"


class Radio(MediaPlayerEntity):
    """A media player of somebody else's; it writes down what it is told."""

    _attr_should_poll = False

    def __init__(self, name: str, features: Feature) -> None:
        self._attr_name = name
        self._attr_supported_features = features
        self._attr_state = None
        self.told: list[tuple[str, Any]] = []

    @override
    async def async_play_media(self, media_type: str, media_id: str, **kwargs: Any) -> None:
        if "broken" in self.told:
            raise HomeAssistantError("Nobody answers")
        self.told.append(("play", media_id))

    @override
    async def async_media_pause(self) -> None:
        self.told.append(("pause", None))

    @override
    async def async_media_stop(self) -> None:
        self.told.append(("stop", None))

    @override
    async def async_media_seek(self, position: float) -> None:
        self.told.append(("seek", round(position, 1)))

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        self.told.append(("volume", round(volume, 2)))

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        self.told.append(("mute", mute))


@pytest.fixture
async def speakers(hass: HomeAssistant, entry: MockConfigEntry) -> tuple[Radio, Radio]:
    """One that can all, and one that can only play and stop."""
    both = Feature.PLAY_MEDIA | Feature.STOP
    radio = Radio("Radio", both | Feature.PAUSE | Feature.SEEK | Feature.VOLUME_SET | Feature.VOLUME_MUTE)
    simple = Radio("Simple", both)

    await hass.data[DATA_COMPONENT].async_add_entities([radio, simple])
    await hass.async_block_till_done()
    return radio, simple


def told(speaker: Radio) -> list[tuple[str, Any]]:
    """What it was told since it was asked last."""
    orders = list(speaker.told)
    speaker.told.clear()
    return orders


async def wait(hass: HomeAssistant, advance: Advance, seconds: float = 0.3) -> None:
    await advance(seconds)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_they_play_along(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], ada: Client, ben: Client, party: str, advance: Advance
) -> None:
    """What the room plays, from where it is; pause is stop where there is no pause."""
    await hass.config.async_update(internal_url="http://home.example:8123")
    radio, simple = speakers
    await play(hass, BRASS, entity_id=PARTY)
    await play(hass, COPPER, entity_id=PARTY, enqueue="add")
    await wait(hass, advance, 5)
    await act(hass, "join", PARTY, group_members=[RADIO, SIMPLE])
    await wait(hass, advance)
    assert state(hass, PARTY).attributes["group_members"] == ["media_player.ada", "media_player.ben", RADIO, SIMPLE]
    (kind, url), sought = told(radio)
    assert kind == "play"
    assert url.startswith("http://home.example:8123/media/local/brass-morning.flac?authSig=")
    assert sought == ("seek", pytest.approx(4.9, abs=0.3))
    assert [order for order, _ in told(simple)] == ["play"]

    await act(hass, "media_pause", PARTY)
    await wait(hass, advance)
    assert (told(radio), told(simple)) == ([("pause", None)], [("stop", None)])
    await act(hass, "media_play", PARTY)
    await wait(hass, advance)
    assert [order for order, _ in told(radio)] == ["play", "seek"]
    await act(hass, "media_seek", PARTY, seek_position=12)
    await wait(hass, advance)
    assert told(radio) == [("seek", pytest.approx(12, abs=0.3))]
    told(simple)
    await act(hass, "media_next_track", PARTY)
    await wait(hass, advance)
    for speaker in speakers:
        ((_, url),) = told(speaker)
        assert "copper-rain" in url
    await act(hass, "media_stop", PARTY)
    await wait(hass, advance)
    assert (told(radio), told(simple)) == ([("stop", None)], [("stop", None)])


async def test_delay(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client, advance: Advance
) -> None:
    """A speaker that sounds late is told where the music will be by then; each has its own setting."""
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await hass.async_block_till_done()
    assert state(hass).attributes["group_members"] == [KITCHEN, RADIO]
    (number,) = (entity_id for entity_id in hass.states.async_entity_ids("number") if "radio" in entity_id)
    assert state(hass, number).state == "0.0"
    data = {"entity_id": number, "value": 2000}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    assert hub.players.get("kitchen").outputs == {RADIO: 2000}
    assert state(hass, number).state == "2000.0"
    await play(hass, BRASS)
    await wait(hass, advance)
    assert told(radio)[1:] == [("seek", pytest.approx(2, abs=0.1))]


async def test_loudness(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], ada: Client, party: str, advance: Advance
) -> None:
    """Follows the room's."""
    radio, simple = speakers
    await act(hass, "join", PARTY, group_members=[RADIO, SIMPLE])
    await act(hass, "volume_set", PARTY, volume_level=0.4)
    await wait(hass, advance)
    await act(hass, "volume_mute", PARTY, is_volume_muted=True)
    await wait(hass, advance)
    heard = told(radio)
    assert [value for order, value in heard if order == "volume"][-1] == 0.4
    assert ("mute", True) in heard
    assert told(simple) == []


@pytest.mark.parametrize("how", ["unjoin", "leave_room"])
async def test_they_are_let_go(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    hub: Hub,
    entity_registry: er.EntityRegistry,
    kitchen: Client,
    advance: Advance,
    how: str,
) -> None:
    """And fall silent; their setting goes."""
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, BRASS)
    await wait(hass, advance)
    told(radio)
    if how == "unjoin":
        await act(hass, "unjoin", KITCHEN)
    else:
        await hass.services.async_call("moosicbox", "leave_room", {"entity_id": RADIO}, blocking=True)
    await wait(hass, advance)
    assert told(radio) == [("stop", None)]
    assert (hub.players.get("kitchen").outputs, state(hass).attributes["group_members"]) == ({}, [])
    assert [entity for entity in entity_registry.entities if entity.startswith("number.kitchen_delay_of_r")] == []
    assert state(hass).state == "playing"


async def test_a_group_takes_them_over(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    """With the leader's music, and back."""
    await act(hass, "join", "media_player.ada", group_members=[RADIO])
    await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    (room,) = hub.rooms
    assert (room.outputs, hub.players.get("ada").outputs) == ({RADIO: 0.0}, {})
    await act(hass, "unjoin", "media_player.ben")
    await wait(hass, advance)
    assert list(hub.rooms) == []
    assert hub.players.get("ada").outputs == {RADIO: 0.0}


async def test_they_survive_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    speakers: tuple[Radio, Radio],
    entry: MockConfigEntry,
    ada: Client,
    ben: Client,
    party: str,
) -> None:
    """With their delay."""
    await act(hass, "join", PARTY, group_members=[RADIO])
    entry.runtime_data.outputs.async_set_delay(entry.runtime_data.hub.rooms.find("party"), RADIO, 300)
    await restart(hass, entry)
    room = entry.runtime_data.hub.rooms.find("party")
    assert room.outputs == {RADIO: 300}
    assert RADIO in state(hass, PARTY).attributes["group_members"]


async def test_one_that_fails(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    kitchen: Client,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Is said to the log; the music goes on."""
    radio, simple = speakers
    radio.told.append("broken")  # type: ignore[arg-type]
    await act(hass, "join", KITCHEN, group_members=[RADIO, SIMPLE])
    await play(hass, BRASS)
    await wait(hass, advance)
    assert "play_media failed on media_player.radio" in caplog.text
    assert [order for order, _ in told(simple)] == ["play"]
    assert state(hass).state == "playing"


async def test_refused(hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client) -> None:
    """What is no media player, and what would tell us again what we tell it."""
    hass.states.async_set("media_player.all", "idle", {"entity_id": [RADIO, KITCHEN]})
    hass.states.async_set("light.lamp", "on")
    for entity_id, key in (
        ("media_player.all", "output_of_ours"),
        ("light.lamp", "no_player_entity"),
        ("media_player.nobody", "no_player_entity"),
    ):
        with pytest.raises(ServiceValidationError) as refusal:
            await act(hass, "join", KITCHEN, group_members=[entity_id])
        assert refusal.value.translation_key == key
    assert hub.players.get("kitchen").outputs == {}
