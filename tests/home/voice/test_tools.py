"""Tools for language models, called as a conversation agent calls them."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.llm import LLM_API_ASSIST, APIInstance, LLMContext, ToolInput, async_get_api
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.rooms.room import RoomSettings
from tests.fixtures import BRASS, COPPER, PAPER
from tests.home.actions import act, next_command, play, report, state, titles
from tests.home.speech import add_speech
from tests.wire.client import Client

from .conftest import KITCHEN, LOUNGE

FAVOURITES = "media-source://moosicbox/favourites"
ALL = {"search", "play", "continue", "now_playing", "queue", "change_queue", "rooms", "move_players"}

type Call = Callable[..., Awaitable[dict[str, Any]]]


async def instance(hass: HomeAssistant, user_id: str | None = None, device_id: str | None = None) -> APIInstance:
    """Return the tools of Assist for a user."""
    context = LLMContext("test", Context(user_id=user_id), "en", "conversation", device_id)
    return await async_get_api(hass, LLM_API_ASSIST, context)


async def offered(hass: HomeAssistant) -> set[str]:
    """Return the names of our tools that are offered to a model, without their prefix."""
    names = [tool.name for tool in (await instance(hass)).tools]
    return {name.removeprefix("moosicbox__") for name in names if name.startswith("moosicbox__")}


@pytest.fixture
def call(hass: HomeAssistant, clients: dict[str, Client]) -> Call:
    """Return a function that calls a tool, and returns its result."""

    async def call(tool: str, *, user_id: str | None = None, fails: bool = False, **arguments: Any) -> dict[str, Any]:
        api = await instance(hass, user_id)
        result = await api.async_call_tool(ToolInput(f"moosicbox__{tool}", arguments))
        assert result.error is fails, result.data
        await hass.async_block_till_done()
        return dict(result.data)

    return call


async def test_music_is_found_and_played(hass: HomeAssistant, clients: dict[str, Client], call: Call) -> None:
    [hit] = [each for each in (await call("search", query="paper lantren"))["results"] if each["kind"] == "track"]
    assert (hit["title"], hit["artist"], hit["available"]) == ("Paper Lantern", "The Wind-Up Trio", True)
    kinds = {each["kind"] for each in (await call("search", query="three turns", kind="album"))["results"]}
    assert kinds == {"album"}

    played = await call("play", media_content_id=hit["media_content_id"], player="Küche")
    assert played == {"player": "Kitchen", "tracks": 1, "can_be_heard": True}
    assert state(hass).attributes["media_title"] == "Paper Lantern"

    [album] = (await call("search", query="three turns", kind="album"))["results"]
    added = await call("play", media_content_id=album["media_content_id"], place="end", player="")
    assert added["tracks"] == 3
    assert (await titles(clients["kitchen"]))[0] == "Paper Lantern"
    assert len(await titles(clients["kitchen"])) == 4


async def test_the_model_is_told_what_it_did_wrong(hass: HomeAssistant, call: Call) -> None:
    assert "moosicbox__search" in (await call("play", fails=True, media_content_id="https://a/b.mp3"))["error"]
    media_id = (await call("search", query="Paper Lantern"))["results"][0]["media_content_id"]
    unclear = await call("play", fails=True, media_content_id=media_id)
    assert unclear["error"] == "Ask the user where. There are: Kitchen, Lounge."
    unknown = await call("queue", fails=True, player="garage")
    assert unknown["error"] == "There is no player, room or area “garage”. There are: Kitchen, Lounge."
    assert "queue_item_id" in (await call("change_queue", fails=True, action="remove", player="Lounge"))["error"]
    with pytest.raises(HomeAssistantError, match="no track"):
        await call("play", media_content_id=FAVOURITES, player="Kitchen")


async def test_the_model_is_told_what_plays(hass: HomeAssistant, call: Call) -> None:
    await play(hass, BRASS)
    await play(hass, COPPER, enqueue="add")
    kitchen, lounge = (await call("now_playing"))["players"]
    assert kitchen == {
        "player": "Kitchen",
        "state": "playing",
        "together_with": [],
        "title": "Brass Morning",
        "artist": "The Wind-Up Trio",
        "album": "Three Turns of the Key",
        "added_by": "MoosicBox",
        "tracks_after_this": 1,
    }
    assert lounge == {"player": "Lounge", "state": "idle", "together_with": []}
    assert (await call("now_playing", player="Wohnzimmer"))["players"] == [lounge]


async def test_a_queue_is_read_and_changed(hass: HomeAssistant, clients: dict[str, Client], call: Call) -> None:
    for song in (BRASS, COPPER, PAPER):
        await play(hass, song, enqueue="add")
    queue = await call("queue", player="kitchen")
    assert [item["title"] for item in queue["items"]] == ["Brass Morning", "Copper Rain", "Paper Lantern"]
    ids = {item["title"]: item["queue_item_id"] for item in queue["items"]}
    await call("change_queue", action="play_next", queue_item_id=ids["Paper Lantern"], player="kitchen")
    await call("change_queue", action="remove", queue_item_id=ids["Brass Morning"], player="kitchen")
    assert sorted(await titles(clients["kitchen"])) == ["Copper Rain", "Paper Lantern"]
    assert await call("change_queue", action="clear", player="kitchen") == {"player": "Kitchen", "items": 0}
    assert await titles(clients["kitchen"]) == []


async def test_players_are_moved(hass: HomeAssistant, hub: Hub, call: Call) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    assert await call("rooms") == {
        "rooms": [{"name": "Party", "players": [], "participants": []}],
        "alone": ["Kitchen", "Lounge"],
    }
    await play(hass, BRASS)
    moved = await call("move_players", players=["Living room"], to="Kitchen")
    assert sorted(moved["players"]) == ["Kitchen", "Lounge"]
    assert state(hass).attributes["group_members"] == [KITCHEN, LOUNGE]
    [group] = [room for room in (await call("rooms"))["rooms"] if room["name"] != "Party"]
    assert sorted(group["players"]) == ["Kitchen", "Lounge"]
    assert (await call("move_players", players=["Lounge"]))["alone"] == ["Lounge"]
    assert state(hass, LOUNGE).attributes["group_members"] == []
    assert (await call("move_players", players=["Lounge"], to="Party"))["players"] == ["Lounge"]
    assert "Only players" in (await call("move_players", fails=True, players=["Party"]))["error"]


async def test_a_message_is_announced(hass: HomeAssistant, clients: dict[str, Client], call: Call) -> None:
    assert "announce" not in await offered(hass), "there is no text-to-speech engine"
    await add_speech(hass)
    assert await call("announce", message="Dinner is ready", player="Kitchen") == {"announced_on": "Kitchen"}
    chime = await next_command(clients["kitchen"])
    assert chime["track"]["stream_url"].split("?")[0].endswith("chime.flac")
    await report(clients["kitchen"], "idle", chime)
    assert "tts_proxy" in (await next_command(clients["kitchen"]))["track"]["stream_url"]
    answer = await call("announce", message="Dinner is ready", everybody=True)
    assert answer == {"announced_on": ["Kitchen", "Lounge"]}


async def test_tools_are_offered_for_exposed_players_only(
    hass: HomeAssistant, entry: MockConfigEntry, call: Call
) -> None:
    assert await offered(hass) == ALL
    prompt = (await instance(hass)).api_prompt
    assert "MoosicBox plays the music library on its players (Kitchen, Lounge)." in prompt
    async_expose_entity(hass, "conversation", LOUNGE, False)
    assert [each["player"] for each in (await call("now_playing"))["players"]] == ["Kitchen"]
    assert "error" in await call("queue", fails=True, player="Lounge")
    async_expose_entity(hass, "conversation", KITCHEN, False)
    assert await offered(hass) == set()
    async_expose_entity(hass, "conversation", KITCHEN, True)
    tools = await instance(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    assert await offered(hass) == set()
    assert (await tools.async_call_tool(ToolInput("moosicbox__rooms", {}))).error, "it was offered before"


async def test_tools_have_the_rights_of_the_user(
    hass: HomeAssistant, hub: Hub, hass_admin_user: User, call: Call
) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    user = await hass.auth.async_create_user("Kim", group_ids=["system-users"])
    with pytest.raises(HomeAssistantError):
        await call("change_queue", action="clear", player="Party", user_id=user.id)
    await call("change_queue", action="clear", player="Party", user_id=hass_admin_user.id)


async def test_tools_meet_home_assistants_requirements(
    hass: HomeAssistant, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    tools = [tool for tool in (await instance(hass)).tools if tool.name.startswith("moosicbox__")]
    assert all(tool.title and tool.description for tool in tools)
    assert {tool.name for tool in tools if tool.annotations.read_only} == {
        f"moosicbox__{name}" for name in ("search", "now_playing", "queue", "rooms")
    }
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def test_results_of_all_kinds_are_described(hass: HomeAssistant, clients: dict[str, Client], call: Call) -> None:
    await clients["kitchen"].request(
        "library_request", request_type="edit_playlist", playlist={"name": "Turns at night"}
    )
    found = [*(await call("search", query="turn"))["results"], *(await call("search", query="trio"))["results"]]
    assert {each["kind"] for each in found} >= {"album", "artist", "playlist", "track"}
    assert all(each["media_content_id"].startswith("media-source://moosicbox/") for each in found)


async def test_the_model_is_told_what_plays_together(
    hass: HomeAssistant, clients: dict[str, Client], call: Call
) -> None:
    await play(hass, BRASS)
    await act(hass, "join", KITCHEN, group_members=[LOUNGE])
    kitchen, *_ = (await call("now_playing"))["players"]
    assert "Lounge" in kitchen["together_with"]


async def test_a_message_is_announced_in_a_room(
    hass: HomeAssistant, hub: Hub, clients: dict[str, Client], call: Call
) -> None:
    hub.rooms.create(RoomSettings(name="Party"), "party")
    await hass.async_block_till_done()
    await add_speech(hass)
    await call("move_players", players=["Lounge"], to="Party")
    assert await call("announce", message="Dinner", player="Party") == {"announced_on": "Party"}
