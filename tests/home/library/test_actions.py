"""Actions that name music by words, items by title or place, and people by name: ids are never the only way."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from tests.home.actions import KITCHEN, act, titles
from tests.wire.client import Client

from .conftest import BIRTH, KIND_OF_BLUE

OURS = "media-source://moosicbox"


async def call(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action that may answer."""
    returns = hass.services.supports_response("moosicbox", action).value != "none"
    return await hass.services.async_call("moosicbox", action, data, blocking=True, return_response=returns)


async def test_music_is_added_by_a_search_or_from_the_media_browser(
    hass: HomeAssistant, kitchen: Client, library: Library
) -> None:
    await call(hass, "queue_add", entity_id=KITCHEN, query="kind of blue")
    assert await titles(kitchen) == list(KIND_OF_BLUE)
    (album,) = (await library.search("birth of the cool", ["album"], 1)).items
    album_id = album.item.album_id  # type: ignore[union-attr]
    picked = {"media_content_id": f"{OURS}/album/{album_id}", "media_content_type": "album", "metadata": {}}
    await call(hass, "queue_add", entity_id=KITCHEN, media=picked, place="replace")
    assert await titles(kitchen) == list(BIRTH)
    (track,) = (await library.search("jeru", ["track"], 1)).items
    track_id = track.item.track_id  # type: ignore[union-attr]
    for place, expected in (("end", [*BIRTH, "Move"]), ("replace", list(BIRTH))):
        first = (await library.search("move", ["track"], 1)).items[0].item.track_id  # type: ignore[union-attr]
        await call(
            hass,
            "queue_add",
            entity_id=KITCHEN,
            media_content_id=f"{OURS}/album/{album_id}/{first}",
            place=place,
        )
        assert await titles(kitchen) == expected
    await call(hass, "queue_add", entity_id=KITCHEN, track_id=track_id)
    with pytest.raises(ServiceValidationError, match="nothing like"):
        await call(hass, "queue_add", entity_id=KITCHEN, query="zzzzzz qqqqq")


async def test_items_are_named_by_title_or_position(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    await call(hass, "queue_add", entity_id=KITCHEN, query="kind of blue")
    await call(hass, "queue_move", entity_id=KITCHEN, title="so what", place="end")
    assert await titles(kitchen) == [*KIND_OF_BLUE[1:], KIND_OF_BLUE[0]]
    await call(hass, "queue_remove", entity_id=KITCHEN, title="freddie")
    await call(hass, "queue_remove", entity_id=KITCHEN, item_position=1)
    assert await titles(kitchen) == ["Blue in Green"]
    for named, key in (({"title": "Jeru"}, "no_item_named"), ({"item_position": 5}, "no_item_there")):
        with pytest.raises(ServiceValidationError) as refusal:
            await call(hass, "queue_remove", entity_id=KITCHEN, **named)
        assert refusal.value.translation_key == key
    with pytest.raises(vol.Invalid):
        await call(hass, "queue_move", entity_id=KITCHEN, place="end")


async def test_favourites_are_set_by_a_search_or_for_the_current_song(
    hass: HomeAssistant, kitchen: Client, library: Library
) -> None:
    await call(hass, "set_favourite", query="debut", kinds=["album"])
    assert [album.favourite for album in (await library.get_albums()).items] == [False, True, False]
    with pytest.raises(ServiceValidationError) as refusal:
        await call(hass, "set_favourite", entity_id=KITCHEN)
    assert refusal.value.translation_key == "nothing_plays"
    await call(hass, "queue_add", entity_id=KITCHEN, query="so what")
    await hass.services.async_call("media_player", "media_play", {"entity_id": KITCHEN}, blocking=True)
    await call(hass, "set_favourite", entity_id=KITCHEN)
    (hit,) = (await library.search("so what", ["track"], 1)).items
    assert hit.item.favourite


async def test_playlists_and_their_songs_are_named(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    await call(hass, "edit_playlist", name="Evening", songs=["so what"])
    answer = await call(hass, "edit_playlist", playlist="evening", songs=["jeru", "human behaviour"])
    assert [track["title"] for track in answer["item"]["tracks"]] == ["So What", "Jeru", "Human Behaviour"]


async def test_people_are_named_by_their_entity_or_name(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, kitchen: Client, hass_admin_user: User
) -> None:
    hass.states.async_set("person.boss", "home", {"user_id": hass_admin_user.id})
    hass.states.async_set("person.cat", "home")
    room = hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    await call(hass, "join_room", entity_id=KITCHEN, room="media_player.party")
    sent = await call(hass, "broadcast", message="Dinner", recipient=KITCHEN)
    assert sent == {"recipients": 1}
    assert await call(hass, "broadcast", message="Dinner", recipient="media_player.party") == {"recipients": 1}
    assert await call(hass, "broadcast", message="Dinner", recipient="person.boss") == {"recipients": 0}
    assert await call(hass, "broadcast", message="Dinner") == {"recipients": 1}
    for action, data, key in (
        ("broadcast", {"message": "a", "recipient": "person.cat"}, "person_without_user"),
        ("broadcast", {"message": "a", "recipient": "media_player.tv"}, "no_music_entity"),
        ("kick", {"entity_id": "media_player.party", "participant": "Nobody"}, "no_participant_named"),
        ("disconnect_client", {"client": "Nobody"}, "no_client_named"),
        ("update_room", {"entity_id": "media_player.party", "host": "person.boss"}, "not_in_room"),
    ):
        with pytest.raises(ServiceValidationError) as refusal:
            await call(hass, action, **data)
        assert refusal.value.translation_key == key
    (participant,) = room.participants.values()
    await call(hass, "kick", entity_id="media_player.party", participant=participant.username.upper())
    assert not room.participants
    (session,) = hub.sessions.connected()
    await call(hass, "disconnect_client", client=session.client.name)
    assert not list(hub.sessions.connected())


async def test_lifetimes_are_durations_or_seconds(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    for lifetime in ({"days": 2}, 172_800):
        await call(hass, "create_token", sub="radio", role="user", expires_in=lifetime)
    tokens = entry.runtime_data.secrets.issued
    assert [token["expires_at"] - token["issued_at"] for token in tokens] == pytest.approx([172_800] * 2, abs=1)
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    invite = await call(hass, "invite", entity_id="media_player.party", expires_in={"hours": 1})
    assert invite["url"]


async def test_lyrics_are_read_by_a_search_or_for_the_current_song(
    hass: HomeAssistant, kitchen: Client, library: Library
) -> None:
    found = await call(hass, "get_lyrics", query="so what")
    await call(hass, "queue_add", entity_id=KITCHEN, query="so what", place="replace")
    await act(hass, "media_play")
    assert await call(hass, "get_lyrics", entity_id=KITCHEN) == found


async def test_a_removed_user_is_forgotten(
    hass: HomeAssistant, library: Library, hass_read_only_user: MockUser
) -> None:
    track = (await library.get_tracks()).items[0]
    await library.people.count_play(track.track_id, [hass_read_only_user.id])
    assert (await library.people.history(hass_read_only_user.id)).items
    await hass.auth.async_remove_user(hass_read_only_user)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not (await library.people.history(hass_read_only_user.id)).items
