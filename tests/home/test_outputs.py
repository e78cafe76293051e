"""External speakers, media players of other integrations that play along with a player or a room."""

import asyncio
from types import SimpleNamespace
from typing import Any, override

from homeassistant.components.media_player import DATA_COMPONENT, MediaPlayerEntity, MediaPlayerEntityFeature as Feature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters import output_actions
from custom_components.moosicbox.adapters.output_delays import REFERENCE
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.playback.contexts import MAX_OUTPUTS
from custom_components.moosicbox.engine.playback.media import StreamAddress
from custom_components.moosicbox.engine.protocol.types import QueueItem
from tests.fixtures import BRASS, COPPER, PAPER, Advance, ManualClock
from tests.wire.client import Client, Message

from .actions import KITCHEN, act, next_command, play, report, state
from .parties import PARTY
from .test_storage import restart

RADIO, SIMPLE = "media_player.radio", "media_player.simple"


class Radio(MediaPlayerEntity):
    """A media player of another integration that records its commands."""

    _attr_should_poll = False

    def __init__(self, name: str, features: Feature) -> None:
        self._attr_name = name
        self._attr_supported_features = features
        self._attr_state = None
        self.told: list[tuple[str, Any]] = []
        self.broken = False
        self.fault: Exception = HomeAssistantError("Nobody answers")

    @override
    async def async_play_media(self, media_type: str, media_id: str, **kwargs: Any) -> None:
        if self.broken:
            raise self.fault
        self.told.append(("announce" if kwargs.get("announce") else "play", media_id))

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
    """A speaker with all features, and one that can only play and stop."""
    both = Feature.PLAY_MEDIA | Feature.STOP
    controls = Feature.PAUSE | Feature.SEEK | Feature.VOLUME_SET | Feature.VOLUME_MUTE
    radio = Radio("Radio", both | controls | Feature.MEDIA_ANNOUNCE)
    simple = Radio("Simple", both)

    await hass.data[DATA_COMPONENT].async_add_entities([radio, simple])
    await hass.async_block_till_done()
    return radio, simple


def received(speaker: Radio) -> list[tuple[str, Any]]:
    """Return the commands since the last call."""
    orders = list(speaker.told)
    speaker.told.clear()
    return orders


async def wait(hass: HomeAssistant, advance: Advance, seconds: float = 0.3) -> None:
    await advance(seconds)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_speakers_follow_the_room_and_stop_if_they_cannot_pause(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], ada: Client, ben: Client, party: str, advance: Advance
) -> None:
    await hass.config.async_update(internal_url="http://home.example:8123")
    radio, simple = speakers
    await play(hass, BRASS, entity_id=PARTY)
    await play(hass, COPPER, entity_id=PARTY, enqueue="add")
    await wait(hass, advance, 5)
    await act(hass, "join", PARTY, group_members=[RADIO, SIMPLE])
    await wait(hass, advance)
    assert state(hass, PARTY).attributes["group_members"] == ["media_player.ada", "media_player.ben", RADIO, SIMPLE]
    (kind, url), sought = received(radio)
    assert kind == "play"
    assert url.startswith("http://home.example:8123/media/local/brass-morning.flac?authSig=")
    assert sought == ("seek", pytest.approx(4.9, abs=0.3))
    assert [order for order, _ in received(simple)] == ["play"]

    await act(hass, "media_pause", PARTY)
    await wait(hass, advance)
    assert (received(radio), received(simple)) == ([("pause", None)], [("stop", None)])
    await act(hass, "media_play", PARTY)
    await wait(hass, advance)
    assert [order for order, _ in received(radio)] == ["play", "seek"]
    await act(hass, "media_seek", PARTY, seek_position=12)
    await wait(hass, advance)
    assert received(radio) == [("seek", pytest.approx(12, abs=0.3))]
    received(simple)
    await act(hass, "media_next_track", PARTY)
    await wait(hass, advance)
    for speaker in speakers:
        ((_, url),) = received(speaker)
        assert "copper-rain" in url
    await act(hass, "media_stop", PARTY)
    await wait(hass, advance)
    assert (received(radio), received(simple)) == ([("stop", None)], [("stop", None)])


async def test_the_position_is_ahead_by_each_speakers_delay(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client, advance: Advance
) -> None:
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
    assert received(radio)[1:] == [("seek", pytest.approx(2, abs=0.1))]


async def test_the_volume_follows_the_room(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], ada: Client, party: str, advance: Advance
) -> None:
    radio, simple = speakers
    await act(hass, "join", PARTY, group_members=[RADIO, SIMPLE])
    await act(hass, "volume_set", PARTY, volume_level=0.4)
    await wait(hass, advance)
    await act(hass, "volume_mute", PARTY, is_volume_muted=True)
    await wait(hass, advance)
    heard = received(radio)
    assert [value for order, value in heard if order == "volume"][-1] == 0.4
    assert ("mute", True) in heard
    assert received(simple) == []


async def test_the_volume_stays_when_the_last_player_leaves(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, ada: Client, ben: Client, party: str, advance: Advance
) -> None:
    radio, _ = speakers
    await act(hass, "volume_set", PARTY, volume_level=0.2)
    await act(hass, "join", PARTY, group_members=[RADIO])
    for player in "ada", "ben":
        await act(hass, "unjoin", f"media_player.{player}")
    await wait(hass, advance)
    room = hub.rooms.find("party")
    assert room is not None
    assert not room.renderers
    assert received(radio) == []


@pytest.mark.parametrize("how", ["unjoin", "leave_room"])
async def test_removed_speakers_stop_and_lose_their_number(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    hub: Hub,
    entity_registry: er.EntityRegistry,
    kitchen: Client,
    advance: Advance,
    how: str,
) -> None:
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, BRASS)
    await wait(hass, advance)
    received(radio)
    if how == "unjoin":
        await act(hass, "unjoin", KITCHEN)
    else:
        await hass.services.async_call("moosicbox", "leave_room", {"entity_id": RADIO}, blocking=True)
    await wait(hass, advance)
    assert received(radio) == [("stop", None)]
    assert (hub.players.get("kitchen").outputs, state(hass).attributes["group_members"]) == ({}, [])
    assert [entity for entity in entity_registry.entities if entity.startswith("number.kitchen_delay_of_r")] == []
    assert state(hass).state == "playing"


async def test_a_speaker_stays_if_something_else_can_not_leave(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client
) -> None:
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call("moosicbox", "leave_room", {"entity_id": [RADIO, SIMPLE]}, blocking=True)
    assert list(hub.players.get("kitchen").outputs) == [RADIO]


async def test_a_group_takes_over_the_leaders_speakers(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    await act(hass, "join", "media_player.ada", group_members=[RADIO])
    await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    (room,) = hub.rooms
    assert (room.outputs, hub.players.get("ada").outputs) == ({RADIO: 0.0}, {})
    await act(hass, "unjoin", "media_player.ben")
    await wait(hass, advance)
    assert list(hub.rooms) == []
    assert hub.players.get("ada").outputs == {RADIO: 0.0}


async def test_a_speaker_plays_on_when_its_player_leads_a_group(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    """It plays on when the group ends, too, and follows the volume of each."""
    radio, _ = speakers
    for name in "ada", "ben":
        await act(hass, "volume_set", f"media_player.{name}", volume_level=0.4)
    await act(hass, "join", "media_player.ada", group_members=[RADIO])
    await play(hass, BRASS, entity_id="media_player.ada")
    await wait(hass, advance, 3)
    assert [order for order, _ in received(radio)] == ["play"]
    await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    await wait(hass, advance, 2)
    (room,) = hub.rooms
    assert (list(room.outputs), [order for order, _ in received(radio) if order != "seek"]) == ([RADIO], [])
    await act(hass, "volume_set", str(room.entity_id), volume_level=0.3)
    await wait(hass, advance)
    assert ("volume", 0.3) in received(radio)
    await act(hass, "unjoin", "media_player.ben")
    await wait(hass, advance, 2)
    assert (list(hub.rooms), [order for order, _ in received(radio) if order != "seek"]) == ([], [])
    await act(hass, "volume_set", "media_player.ada", volume_level=0.2)
    await wait(hass, advance)
    assert received(radio) == [("volume", 0.2)]


async def test_a_speaker_that_begins_slowly_is_stopped_after_its_group_has_lost_it(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    entry: MockConfigEntry,
    ada: Client,
    ben: Client,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    ready = asyncio.Event()

    async def call(_entity_id: str, action: str, _data: dict[str, Any]) -> None:
        told.append(action)
        if action == "play_media":
            await ready.wait()

    monkeypatch.setattr(entry.runtime_data.outputs._actions, "async_call", call)
    await act(hass, "join", "media_player.ada", group_members=[RADIO])
    await play(hass, BRASS, entity_id="media_player.ada")
    await advance(2)
    assert told == ["play_media"]
    await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    await hass.services.async_call("moosicbox", "leave_room", {"entity_id": RADIO}, blocking=True)
    told.clear()
    ready.set()
    await wait(hass, advance, 0)
    assert told == ["media_stop"]


async def test_speakers_and_delays_survive_a_restart(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    speakers: tuple[Radio, Radio],
    entry: MockConfigEntry,
    ada: Client,
    ben: Client,
    party: str,
) -> None:
    await act(hass, "join", PARTY, group_members=[RADIO])
    entry.runtime_data.outputs.async_set_delay(entry.runtime_data.hub.rooms.find("party"), RADIO, 300)
    await restart(hass, entry)
    room = entry.runtime_data.hub.rooms.find("party")
    assert room.outputs == {RADIO: 300}
    assert RADIO in state(hass, PARTY).attributes["group_members"]


async def announce(
    hass: HomeAssistant, kitchen: Client, speakers: tuple[Radio, Radio], advance: Advance, media: str = PAPER
) -> Message:
    """Let the kitchen and its speakers play for 3 s, then begin an announcement; return the player's order."""
    await act(hass, "join", KITCHEN, group_members=[RADIO, SIMPLE])
    await play(hass, BRASS)
    await wait(hass, advance, 3)
    await kitchen.arrived()
    for speaker in speakers:
        received(speaker)
    await play(hass, media, announce=True)
    told = await next_command(kitchen)
    await report(kitchen, "playing", told)
    await wait(hass, advance)
    return told


async def test_announcements_are_made_by_speakers_that_go_on_by_themselves(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client, advance: Advance
) -> None:
    """A speaker without that ability pauses with the music."""
    radio, simple = speakers
    told = await announce(hass, kitchen, speakers, advance)
    ((order, url),) = received(radio)
    assert (order, "paper-lantern" in url) == ("announce", True)
    assert received(simple) == [("stop", None)]
    await wait(hass, advance, 4)
    assert received(radio) == received(simple) == []

    await report(kitchen, "idle", told)
    await wait(hass, advance)
    assert received(radio) == [("seek", pytest.approx(3, abs=0.5))]
    assert [order for order, _ in received(simple)] == ["play"]


async def test_a_speaker_is_told_earlier_by_its_delay(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, clock: ManualClock, kitchen: Client, advance: Advance
) -> None:
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    hub.players.set_output_delay(hub.players.get("kitchen"), RADIO, 5)
    await play(hass, PAPER, announce=True)
    starts_us = (await next_command(kitchen))["sync_time_us"]
    await advance((starts_us - 6_000 - clock.moment_us) / 1e6)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert received(radio) == []
    await wait(hass, advance, 0.001)
    assert [order for order, _ in received(radio)] == ["announce"]


async def test_each_of_several_announcements_is_made(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], kitchen: Client, advance: Advance
) -> None:
    radio, _ = speakers
    told = await announce(hass, kitchen, speakers, advance)
    await play(hass, COPPER, announce=True)
    received(radio)
    await report(kitchen, "idle", told)
    told = await next_command(kitchen)
    await wait(hass, advance)
    ((order, url),) = received(radio)
    assert (order, "copper-rain" in url) == ("announce", True)
    await report(kitchen, "idle", told)
    await wait(hass, advance)
    assert [order for order, _ in received(radio)] == ["seek"]


async def test_a_speaker_pauses_after_a_waiting_announcement_was_cancelled(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client, advance: Advance
) -> None:
    radio, _ = speakers
    await announce(hass, kitchen, speakers, advance)
    player = hub.players.get("kitchen")
    interrupted = hub.announcements._running[player]
    (principal,) = {session.principal for session in hub.sessions}
    hub.media_resolver.remember(REFERENCE)
    other = hub.announcements.add([REFERENCE], [], [player], principal, priority="high")
    hub.announcements.cancel(interrupted)
    hub.announcements.cancel(other)
    await wait(hass, advance)
    received(radio)
    await act(hass, "media_pause")
    await wait(hass, advance)
    assert [order for order, _ in received(radio)] == ["pause"]


async def test_a_pause_after_an_announcement_is_a_pause(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], kitchen: Client, advance: Advance
) -> None:
    radio, _ = speakers
    told = await announce(hass, kitchen, speakers, advance)
    received(radio)
    await act(hass, "media_pause")
    await wait(hass, advance, 2)
    assert received(radio) == []
    await report(kitchen, "idle", told)
    await wait(hass, advance)
    assert [order for order, _ in received(radio)] == ["pause"]


async def test_an_announcement_of_unknown_length_is_not_cut_off(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], kitchen: Client, advance: Advance
) -> None:
    """As that of a message that is spoken for the first time."""
    radio, _ = speakers
    message = "http://home.example:8123/api/tts_proxy/hello.mp3"
    told = await announce(hass, kitchen, speakers, advance, message)
    await wait(hass, advance, 10)
    assert received(radio) == [("announce", message)]
    await report(kitchen, "idle", told)
    await wait(hass, advance)
    assert [order for order, _ in received(radio)] == ["seek"]


async def test_an_announcement_that_was_cancelled_is_not_made(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client, advance: Advance
) -> None:
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, PAPER, announce=True)
    await next_command(kitchen)
    hub.announcements.cancel(hub.announcements._running[hub.players.get("kitchen")])
    await wait(hass, advance, 3)
    assert received(radio) == []


@pytest.mark.parametrize("fault", [HomeAssistantError("Nobody answers"), ConnectionError("gone"), KeyError()], ids=repr)
async def test_a_failing_speaker_is_logged_and_the_music_continues(
    fault: Exception,
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    kitchen: Client,
    advance: Advance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    radio, simple = speakers
    radio.broken, radio.fault = True, fault
    await act(hass, "join", KITCHEN, group_members=[RADIO, SIMPLE])
    await play(hass, BRASS)
    await wait(hass, advance)
    assert caplog.text.count("media_player.radio: play_media failed") == 1
    assert [order for order, _ in received(simple)] == ["play"]
    assert state(hass).state == "playing"
    await play(hass, COPPER)
    await wait(hass, advance)
    assert caplog.text.count("media_player.radio: ") == 1, "a failure is logged once"
    radio.broken = False
    await play(hass, BRASS)
    await wait(hass, advance)
    assert "media_player.radio plays along again" in caplog.text


async def test_other_entities_and_groups_with_players_of_the_hub_are_refused(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client
) -> None:
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


async def test_a_speakers_delay_follows_its_renamed_entity(
    hass: HomeAssistant,
    hub: Hub,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    kitchen: Client,
    advance: Advance,
) -> None:
    """It is identified by the registry's id of the speaker, and named by the speaker's name."""
    speaker = Radio("Old radio", Feature.PLAY_MEDIA | Feature.STOP)
    speaker._attr_unique_id = "radio"
    await hass.data[DATA_COMPONENT].async_add_entities([speaker])
    await hass.async_block_till_done()
    await act(hass, "join", KITCHEN, group_members=["media_player.old_radio"])
    await hass.async_block_till_done()
    delay = "number.kitchen_delay_of_old_radio"
    assert state(hass, delay).name == "Kitchen Delay of Old radio"
    await hass.services.async_call("number", "set_value", {"entity_id": delay, "value": 250}, blocking=True)
    entity_registry.async_update_entity("media_player.old_radio", new_entity_id="media_player.shed")
    await hass.async_block_till_done()
    await wait(hass, advance)
    assert hub.players.get("kitchen").outputs == {"media_player.shed": 250}
    assert state(hass).attributes["group_members"] == [KITCHEN, "media_player.shed"]
    await hass.services.async_call("number", "set_value", {"entity_id": delay, "value": 300}, blocking=True)
    assert hub.players.get("kitchen").outputs == {"media_player.shed": 300}
    await play(hass, BRASS)
    await wait(hass, advance)
    assert [order for order, _ in received(speaker)] == ["play"]
    # It plays; then it is renamed again, and leaves.
    entity_registry.async_update_entity("media_player.shed", new_entity_id="media_player.barn")
    await hass.async_block_till_done()
    hub.players.remove_output(hub.players.get("kitchen"), "media_player.barn")
    await wait(hass, advance)
    assert [order for order, _ in received(speaker)] == ["stop"]


async def test_a_speakers_disabled_delay_is_removed_with_it(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    speakers: tuple[Radio, Radio],
    hub: Hub,
    entity_registry: er.EntityRegistry,
    entry: MockConfigEntry,
    kitchen: Client,
) -> None:
    """Also if it goes while the integration isn't loaded."""
    delay = "number.kitchen_delay_of_radio"
    for unload in (False, True):
        await act(hass, "join", KITCHEN, group_members=[RADIO])
        await hass.async_block_till_done()
        entity_registry.async_update_entity(delay, disabled_by=er.RegistryEntryDisabler.USER)
        await hass.async_block_till_done()
        if unload:
            await hass.config_entries.async_unload(entry.entry_id)
            hub.players.remove_output(hub.players.get("kitchen"), RADIO)
            await hass.config_entries.async_setup(entry.entry_id)
        else:
            await act(hass, "unjoin", KITCHEN)
        await hass.async_block_till_done()
        assert entity_registry.async_get(delay) is None


async def test_the_delay_of_a_groups_speaker_can_be_set_at_its_player(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, ada: Client, ben: Client, advance: Advance
) -> None:
    await act(hass, "join", "media_player.ada", group_members=[RADIO])
    await act(hass, "join", "media_player.ada", group_members=["media_player.ben"])
    await hass.async_block_till_done()
    data = {"entity_id": "number.ada_delay_of_radio", "value": 120}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await wait(hass, advance)
    (room,) = hub.rooms
    assert room.outputs == {RADIO: 120}
    assert state(hass, "number.ada_delay_of_radio").state == "120.0"


@pytest.mark.parametrize("others", [["ben", "eve"], ["ben"]], ids=["group", "dissolved"])
async def test_the_number_goes_with_the_speaker_after_its_player_has_left_the_group(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    hub: Hub,
    entity_registry: er.EntityRegistry,
    ada: Client,
    ben: Client,
    eve: Client,
    advance: Advance,
    others: list[str],
) -> None:
    await act(hass, "join", "media_player.ada", group_members=[RADIO])
    await act(hass, "join", "media_player.ada", group_members=[f"media_player.{name}" for name in others])
    await wait(hass, advance)
    await act(hass, "unjoin", "media_player.ada")
    await wait(hass, advance)
    ((owner, _),) = hub_outputs(hub)
    assert (owner.name, "number.ada_delay_of_radio" in entity_registry.entities) == (
        "Ben + 1" if "eve" in others else "Ben",
        True,
    )
    await hass.services.async_call("moosicbox", "leave_room", {"entity_id": RADIO}, blocking=True)
    await wait(hass, advance)
    assert [entity for entity in entity_registry.entities if entity.endswith("_delay_of_radio")] == []


async def test_a_speaker_belongs_to_the_last_one_that_took_it(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client, ada: Client, ben: Client, party: str
) -> None:
    for leader in PARTY, KITCHEN, PARTY:
        await act(hass, "join", leader, group_members=[RADIO])
        owners = [context.name for context, entity_id in hub_outputs(hub) if entity_id == RADIO]
        assert owners == [state(hass, leader).name]


async def test_the_number_of_speakers_is_limited(
    hass: HomeAssistant, speakers: tuple[Radio, Radio], hub: Hub, kitchen: Client
) -> None:
    many = [f"media_player.speaker_{number}" for number in range(MAX_OUTPUTS + 1)]
    for entity_id in many:
        hass.states.async_set(entity_id, "idle", {"supported_features": Feature.PLAY_MEDIA})
    with pytest.raises(ServiceValidationError) as refusal:
        await act(hass, "join", KITCHEN, group_members=many)
    assert refusal.value.translation_key == "too_many_outputs"
    assert hub.players.get("kitchen").outputs == {}


async def test_a_speaker_that_is_renamed_before_it_begins_plays_in_time(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    ada: Client,
    ben: Client,
    party: str,
    advance: Advance,
) -> None:
    """One that leaves before doesn't play, nor does one whose hub is unloaded."""
    speaker, other = (Radio(name, Feature.PLAY_MEDIA | Feature.STOP) for name in ("Old radio", "Other"))
    speaker._attr_unique_id = "radio"
    await hass.data[DATA_COMPONENT].async_add_entities([speaker, other])
    await hass.async_block_till_done()
    await act(hass, "join", PARTY, group_members=["media_player.old_radio", "media_player.other"])
    await hass.async_block_till_done()
    await play(hass, BRASS, entity_id=PARTY)
    entity_registry.async_update_entity("media_player.old_radio", new_entity_id="media_player.shed")
    await hass.async_block_till_done()
    room = hub.rooms.find("party")
    assert room is not None
    hub.rooms.remove_output(room, "media_player.other")
    await wait(hass, advance, 1)
    assert room.outputs == {"media_player.shed": 0}
    assert ([order for order, _ in received(speaker)], received(other)) == (["play"], [])
    await act(hass, "media_next_track", PARTY)
    await play(hass, COPPER, entity_id=PARTY)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await wait(hass, advance, 1)
    assert not [order for order, _ in received(speaker) if order == "play"]


async def test_a_speaker_that_is_renamed_makes_its_announcement(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, kitchen: Client, advance: Advance
) -> None:
    """Before it begins; a speaker that is renamed afterwards makes it once, and then goes on with the music."""
    speaker = Radio("Old radio", Feature.PLAY_MEDIA | Feature.STOP | Feature.SEEK | Feature.MEDIA_ANNOUNCE)
    speaker._attr_unique_id = "radio"
    await hass.data[DATA_COMPONENT].async_add_entities([speaker])
    await hass.async_block_till_done()
    await act(hass, "join", KITCHEN, group_members=["media_player.old_radio"])
    await play(hass, BRASS)
    await wait(hass, advance, 3)
    await kitchen.arrived()
    received(speaker)
    await play(hass, PAPER, announce=True)
    told = await next_command(kitchen)
    await report(kitchen, "playing", told)
    entity_registry.async_update_entity("media_player.old_radio", new_entity_id="media_player.shed")
    await hass.async_block_till_done()
    await wait(hass, advance)
    assert [order for order, _ in received(speaker)] == ["announce"]
    entity_registry.async_update_entity("media_player.shed", new_entity_id="media_player.barn")
    await wait(hass, advance, 4)
    assert received(speaker) == []
    await report(kitchen, "idle", told)
    await wait(hass, advance)
    assert [order for order, _ in received(speaker)] == ["seek"]


async def test_an_item_without_an_address_is_logged(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    kitchen: Client,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])

    def fail(*_: object) -> str:
        raise HomeAssistantError("No URL is configured")

    monkeypatch.setattr(output_actions, "async_process_play_media_url", fail)
    await play(hass, BRASS)
    await wait(hass, advance)
    assert "media_player.radio: can't play the current item: No URL is configured" in caplog.text
    assert received(radio) == []


async def change(hass: HomeAssistant, advance: Advance, what: str) -> None:
    """Change the kitchen's playback or its speakers, without waiting for what a speaker is still doing."""
    match what:
        case "pause":
            await act(hass, "media_pause")
        case "remove":
            await act(hass, "unjoin")
        case "next":
            await act(hass, "media_next_track")
        case "seek":
            await act(hass, "media_seek", seek_position=12)
        case "pause and go on":
            await act(hass, "media_pause")
            await advance(0.3)
            await act(hass, "media_play")
    await advance(0.3)
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("what", "meanwhile", "afterwards"),
    [
        ("pause", ["media_pause"], ["media_stop"]),
        ("remove", ["media_stop"], ["media_stop"]),
        ("next", ["play_media"], []),
        ("seek", ["media_seek"], ["media_seek"]),
        ("pause and go on", ["media_pause", "play_media"], ["media_seek"]),
    ],
)
async def test_a_speaker_that_begins_slowly_is_as_it_should_be_then(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    entry: MockConfigEntry,
    kitchen: Client,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    meanwhile: list[str],
    afterwards: list[str],
) -> None:
    """It may have ignored what it was told before it had begun. Another item that it was told to play goes on."""
    told: list[tuple[str, float]] = []
    ready = asyncio.Event()

    async def call(_entity_id: str, action: str, data: dict[str, Any]) -> None:
        told.append((action, data.get("seek_position", 0.0)))
        if action == "play_media":
            await ready.wait()

    monkeypatch.setattr(entry.runtime_data.outputs._actions, "async_call", call)
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await advance(5)
    assert [action for action, _ in told] == ["play_media"]
    told.clear()
    await change(hass, advance, what)
    assert [action for action, _ in told] == meanwhile
    told.clear()
    ready.set()
    await wait(hass, advance, 0)
    assert [action for action, _ in told] == afterwards
    if what == "seek":
        assert told[0][1] == pytest.approx(12, abs=0.6)


class LateAddresses:
    """A media resolver that has to ask for the first address of an item, and waits for the answer."""

    def __init__(self, hub: Hub) -> None:
        self.asked: list[QueueItem] = []
        self.answers = asyncio.Event()
        self._resolver = hub.media_resolver

    def stream_address(self, item: QueueItem) -> StreamAddress | None:
        return self._resolver.stream_address(item) if self.asked else None

    async def renew_stream_address(self, item: QueueItem) -> StreamAddress | None:
        self.asked.append(item)
        await self.answers.wait()
        return self._resolver.stream_address(item)


@pytest.mark.parametrize(
    ("what", "told"),
    [("pause", ["pause"]), ("remove", ["stop"]), ("next", ["play"]), ("pause and go on", ["pause", "play", "seek"])],
)
async def test_an_item_whose_address_comes_too_late_is_not_played(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    hub: Hub,
    entry: MockConfigEntry,
    kitchen: Client,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    told: list[str],
) -> None:
    late = LateAddresses(hub)
    monkeypatch.setattr(entry.runtime_data.outputs._actions, "_hub", SimpleNamespace(media_resolver=late))
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    await advance(5)
    assert (len(late.asked), received(radio)) == (1, [])
    await change(hass, advance, what)
    late.answers.set()
    await wait(hass, advance, 0)
    assert [order for order, _ in received(radio)] == told


async def test_an_announcement_whose_address_comes_too_late_is_not_made(
    hass: HomeAssistant,
    speakers: tuple[Radio, Radio],
    hub: Hub,
    entry: MockConfigEntry,
    kitchen: Client,
    advance: Advance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = LateAddresses(hub)
    monkeypatch.setattr(entry.runtime_data.outputs._actions, "_hub", SimpleNamespace(media_resolver=late))
    radio, _ = speakers
    await act(hass, "join", KITCHEN, group_members=[RADIO])
    await play(hass, PAPER, announce=True)
    await next_command(kitchen)
    await advance(3)
    assert late.asked
    hub.announcements.cancel(hub.announcements._running[hub.players.get("kitchen")])
    late.answers.set()
    await wait(hass, advance, 0)
    assert received(radio) == []


def hub_outputs(hub: Hub) -> list[tuple[Any, str]]:
    """Return each player or room with each of its speakers."""
    return [(context, entity_id) for context in (*hub.players, *hub.rooms) for entity_id in context.outputs]
