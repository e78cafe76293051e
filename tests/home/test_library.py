"""The library in Home Assistant: folders, actions, sensors, events, and the repair of a damaged index."""

from pathlib import Path
from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from custom_components.moosicbox.adapters.event_bridge import EVENT_LIBRARY_UPDATED
from custom_components.moosicbox.adapters.library_folders import ISSUE
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.engine.library.library import Library
from script.lib.music import ARTIST, SONGS
from tests.fixtures import Advance
from tests.wire.client import Message

from .actions import state

pytestmark = pytest.mark.process

TRACKS, SCAN = "sensor.moosicbox_tracks_in_the_library", "sensor.moosicbox_library_scan"


@pytest.fixture
def library(entry: MockConfigEntry) -> Library:
    found: Library = entry.runtime_data.library
    return found


async def search(hass: HomeAssistant, query: str, **data: Any) -> Message:
    answer = await hass.services.async_call(
        DOMAIN, "search_library", {"query": query, **data}, blocking=True, return_response=True
    )
    assert answer is not None
    return answer


async def test_home_assistants_media_folders(
    hass: HomeAssistant, library: Library, media_folder: Path, advance: Advance
) -> None:
    assert library.folders == (media_folder,)
    events = async_capture_events(hass, EVENT_LIBRARY_UPDATED)
    assert (state(hass, TRACKS).state, state(hass, SCAN).state) == ("0", "100")
    await library.scan()
    await advance(2)
    await hass.async_block_till_done()
    assert (state(hass, TRACKS).state, state(hass, SCAN).state) == ("3", "100")
    (event,) = events
    assert (event.data["update_type"], event.data["total_changes"]) == ("tracks_added", 3)
    assert len(event.data["affected_items"]) == 3


async def test_other_folders_by_option(
    hass: HomeAssistant, entry: MockConfigEntry, library: Library, tmp_path: Path
) -> None:
    await library.scan()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    options = {"library_folders": [str(folder)], "library_scan_interval": 60}
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()
    assert (library.folders, library.scan_interval) == ((folder,), 60)
    await library.scan()
    assert library.counts.tracks == 0


async def test_the_search_action_returns_items(hass: HomeAssistant, library: Library) -> None:
    await library.scan()
    found = await search(hass, "windup trio")
    assert (found["items"][0]["kind"], found["items"][0]["name"]) == ("artist", ARTIST)
    found = await search(hass, "coper rain", kinds=["track"], limit=1)
    assert [item["title"] for item in found["items"]] == [SONGS[1].title]
    assert isinstance(found["items"], list)
    with pytest.raises(vol.Invalid):
        await search(hass, "x", kinds=["song"])


async def test_permissions_to_search_and_scan(
    hass: HomeAssistant, library: Library, hass_read_only_user: MockUser, hass_admin_user: MockUser
) -> None:
    user = Context(user_id=hass_read_only_user.id)
    await hass.services.async_call(
        DOMAIN, "search_library", {"query": "x"}, blocking=True, return_response=True, context=user
    )
    with pytest.raises(Unauthorized):
        await hass.services.async_call(DOMAIN, "scan_library", blocking=True, context=user)
    assert library.counts.tracks == 0
    await hass.services.async_call(DOMAIN, "scan_library", blocking=True, context=Context(user_id=hass_admin_user.id))
    await library.scan()
    assert library.counts.tracks == 3


async def test_a_search_fails_while_the_library_is_closed(hass: HomeAssistant, library: Library) -> None:
    await library.stop()
    with pytest.raises(HomeAssistantError):
        await search(hass, "x")


async def test_a_damaged_index_creates_an_issue(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    library: Library,
    hass_client: ClientSessionGenerator,
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    path = Path(hass.config.path(DOMAIN, "library.db"))
    path.write_bytes(b"nonsense" * 10_000)
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, ISSUE)
    assert issue is not None
    assert issue.translation_placeholders == {"file": str(path.with_name("library.db.damaged"))}
    await library.scan()
    assert library.counts.tracks == 3

    assert await async_setup_component(hass, REPAIRS, {})
    client = await hass_client()
    flow = await (await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": ISSUE})).json()
    assert flow["step_id"] == "confirm"
    done = await (await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={})).json()
    assert done["type"] == "create_entry"
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE) is None


async def test_removing_the_entry_deletes_the_index_and_the_caches(
    hass: HomeAssistant, entry: MockConfigEntry, media_folder: Path
) -> None:
    folder = Path(hass.config.path(DOMAIN))
    assert (folder / "library.db").exists()
    await hass.config_entries.async_remove(entry.entry_id)
    assert not folder.exists()
    assert len(list(media_folder.iterdir())) == 3


async def test_playlists_and_favourites(hass: HomeAssistant, library: Library, hass_read_only_user: MockUser) -> None:
    await library.scan()
    tracks = [track.track_id for track in (await library.get_tracks()).items]

    async def edit(**fields: Any) -> Any:
        return await hass.services.async_call(DOMAIN, "edit_playlist", fields, blocking=True, return_response=True)

    made = (await edit(name="Sunday", add=tracks[:2]))["item"]
    assert [track["track_id"] for track in made["tracks"]] == tracks[:2]
    changed = (await edit(playlist_id=made["playlist_id"], remove=[0], add=tracks[2:], at=0, name="Monday"))["item"]
    assert (changed["name"], [track["track_id"] for track in changed["tracks"]]) == ("Monday", [tracks[2], tracks[1]])
    await hass.services.async_call(DOMAIN, "set_favourite", {"id": made["playlist_id"]}, blocking=True)
    assert (await library.playlist(made["playlist_id"])).favourite
    await hass.services.async_call(
        DOMAIN, "set_favourite", {"id": made["playlist_id"], "favourite": False}, blocking=True
    )
    assert not (await library.playlist(made["playlist_id"])).favourite
    assert (await edit(playlist_id=made["playlist_id"], delete=True))["item"] is None
    assert (await library.get_playlists()).total == 0
    for wrong in {"playlist_id": made["playlist_id"], "name": "x"}, {}, {"name": "x" * 101}:
        with pytest.raises(HomeAssistantError):
            await edit(**wrong)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "set_favourite", {"id": "t-nothing"}, blocking=True)
