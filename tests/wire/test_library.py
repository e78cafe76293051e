"""The library over the wire."""

from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from script.lib.music import ALBUM, ARTIST, SONGS
from tests.fixtures import Advance, Connect, CreateToken

from .client import Client, Message

pytestmark = pytest.mark.process

TITLES = [song.title for song in SONGS]


@pytest.fixture
async def library(hub: Hub) -> Library:
    """The hub's library with the songs in it."""
    assert hub.library is not None
    await hub.library.scan()
    return hub.library


async def ask(client: Client, request_type: str, **fields: Any) -> Any:
    answer = await client.request("library_request", request_type=request_type, **fields)
    assert answer["type"] == "result", answer
    return answer["data"]


async def refused(client: Client, request_type: str, **fields: Any) -> Message:
    answer = await client.request("library_request", request_type=request_type, **fields)
    assert answer["type"] == "error"
    return answer


async def test_each_request_type_is_answered(library: Library, controller: Client) -> None:
    tracks = await ask(controller, "get_tracks")
    assert [track["title"] for track in tracks["items"]] == sorted(TITLES)
    assert (tracks["total"], tracks["next_cursor"]) == (3, None)
    albums = await ask(controller, "get_albums", sort="-year")
    assert [(album["title"], album["artist"], album["track_count"]) for album in albums["items"]] == [
        (ALBUM, ARTIST, 3)
    ]
    artists = await ask(controller, "get_artists", filters={"album": ALBUM})
    assert [artist["name"] for artist in artists["items"]] == [ARTIST]
    assert (await ask(controller, "get_genres"))["items"] == []
    assert (await ask(controller, "get_playlists"))["items"] == []
    assert [album["title"] for album in (await ask(controller, "recent"))["items"]] == [ALBUM]
    track = (await ask(controller, "get_track", id=tracks["items"][0]["track_id"]))["item"]
    assert track["title"] == min(TITLES)
    assert {"duration", "artwork_url", "media_content_id", "codec", "lyrics", "available"} <= track.keys()
    album = (await ask(controller, "get_album", id=albums["items"][0]["album_id"]))["item"]
    assert [track["title"] for track in album["tracks"]] == TITLES
    artist = (await ask(controller, "get_artist", id=artists["items"][0]["artist_id"]))["item"]
    assert [album["title"] for album in artist["albums"]] == [ALBUM]
    found = await ask(controller, "search", query="play some wind up trio", limit=1)
    assert (found["items"][0]["kind"], found["items"][0]["name"]) == ("artist", ARTIST)
    found = await ask(controller, "search", query="papr lantern", filters={"kinds": ["track"]})
    assert [hit["title"] for hit in found["items"]] == ["Paper Lantern"]


async def test_lists_are_paged(library: Library, controller: Client) -> None:
    seen, cursor = [], None
    for _ in TITLES:
        page = await ask(controller, "get_tracks", limit=1, sort="-title", cursor=cursor)
        seen += [track["title"] for track in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (sorted(TITLES, reverse=True), None)


async def test_playlists_and_favourites_can_be_changed(library: Library, controller: Client, advance: Advance) -> None:
    ids = [track["track_id"] for track in (await ask(controller, "get_tracks"))["items"]]
    made = (await ask(controller, "edit_playlist", playlist={"name": "Mine", "add": [ids[0], ids[1], ids[0]]}))["item"]
    assert [track["track_id"] for track in made["tracks"]] == [ids[0], ids[1], ids[0]]
    playlist_id = made["playlist_id"]
    change = {"remove": [0], "add": [ids[2]], "at": 1, "name": "Ours"}
    changed = (await ask(controller, "edit_playlist", id=playlist_id, playlist=change))["item"]
    assert [track["track_id"] for track in changed["tracks"]] == [ids[1], ids[2], ids[0]]
    assert (changed["name"], changed["editable"]) == ("Ours", True)
    whole = (await ask(controller, "edit_playlist", id=playlist_id, playlist={"track_ids": ids}))["item"]
    assert [track["track_id"] for track in whole["tracks"]] == ids
    assert [row["name"] for row in (await ask(controller, "get_playlists"))["items"]] == ["Ours"]
    error = await refused(controller, "edit_playlist", id=playlist_id, playlist={"add": ["t-nothing"]})
    assert error["error_type"] == "track_not_found"
    error = await refused(controller, "edit_playlist", id=playlist_id, playlist={"remove": [9]})
    assert error["path"] == ["playlist", "remove"]
    assert (await ask(controller, "edit_playlist", id=playlist_id, playlist={"delete": True}))["item"] is None
    assert (await refused(controller, "get_playlist", id=playlist_id))["error_type"] == "track_not_found"

    for id_ in (ids[1], (await ask(controller, "get_albums"))["items"][0]["album_id"]):
        await ask(controller, "set_favourite", id=id_)
    assert [t["track_id"] for t in (await ask(controller, "get_tracks", filters={"favourite": True}))["items"]] == [
        ids[1]
    ]
    assert (await ask(controller, "get_albums"))["items"][0]["favourite"] is True
    await ask(controller, "set_favourite", id=ids[1], favourite=False)
    assert (await ask(controller, "get_tracks", filters={"favourite": True}))["items"] == []


async def test_invalid_requests_name_their_fault(library: Library, controller: Client) -> None:
    for request_type, fields, path in (
        ("get_tracks", {"sort": "colour"}, ["sort"]),
        ("get_tracks", {"cursor": "x"}, ["cursor"]),
        ("get_tracks", {"limit": 501}, ["limit"]),
        ("get_tracks", {"filters": {"year": "old"}}, ["filters", "year"]),
        ("get_tracks", {"filters": {"added_since": "then"}}, ["filters", "added_since"]),
        ("get_track", {}, ["id"]),
        ("search", {}, ["query"]),
        ("edit_playlist", {}, ["playlist"]),
        ("edit_playlist", {"playlist": {}}, ["playlist", "name"]),
        ("dance", {}, ["request_type"]),
    ):
        error = await refused(controller, request_type, **fields)
        assert (error["error_type"], error["path"]) == ("invalid_message", path)
    for request_type in ("get_track", "get_album", "get_artist", "get_playlist", "set_favourite"):
        assert (await refused(controller, request_type, id="al-none"))["error_type"] == "track_not_found"


async def test_requests_need_their_permissions(library: Library, connect: Connect, create_token: CreateToken) -> None:
    browser = await connect()
    await browser.authenticate(await create_token("browser", permissions=["library"]))
    track_id = (await ask(browser, "get_tracks"))["items"][0]["track_id"]
    for request_type, fields in (
        ("set_favourite", {"id": track_id}),
        ("edit_playlist", {"playlist": {"name": "X"}}),
        ("scan", {}),
    ):
        assert (await refused(browser, request_type, **fields))["error_type"] == "permission_denied"
    guest = await connect()
    await guest.authenticate(await create_token("guest", permissions=["library", "control"], rooms=["party"]))
    for request_type, fields in ("set_favourite", {"id": track_id}), ("edit_playlist", {"playlist": {"name": "X"}}):
        assert (await refused(guest, request_type, **fields))["error_type"] == "permission_denied"
    listener = await connect()
    await listener.authenticate(await create_token("listener", permissions=["listen"]))
    assert (await refused(listener, "get_tracks"))["error_type"] == "permission_denied"


async def test_changes_and_progress_are_published(
    hass: HomeAssistant, hub: Hub, connect: Connect, create_token: CreateToken, media_folder: Path, advance: Advance
) -> None:
    admin = await connect()
    await admin.authenticate(await create_token(role="admin"), subscribe=["library"])
    snapshot = await admin.until("library_scan_progress")
    assert (snapshot["snapshot"], snapshot["scanning"]) == (True, False)
    assert admin.hello["features"]["library"] == 1
    assert hub.library is not None
    await ask(admin, "scan")
    await hub.library.scan()
    await advance(2)
    progress = await admin.until("library_scan_progress", scanning=False, total=3)
    assert progress["scanned"] == 3
    told = await admin.until("library_updated", update_type="tracks_added")
    assert (told["total_changes"], len(told["affected_items"]), told["offset"]) == (3, 3, 1)
    (media_folder / SONGS[0].file_name).unlink()
    await hub.library.scan()
    await advance(2)
    told = await admin.until("library_updated", update_type="tracks_removed")
    assert (told["total_changes"], told["offset"]) == (1, 2)


async def test_a_whole_album_can_be_queued(library: Library, kitchen: Client) -> None:
    (album,) = (await ask(kitchen, "get_albums"))["items"]
    ids = [track["track_id"] for track in (await ask(kitchen, "get_album", id=album["album_id"]))["item"]["tracks"]]
    await kitchen.request("queue_command", action="add", track_ids=ids)
    assert (await kitchen.request("playback_command", command="play"))["type"] == "result"
    order = await kitchen.until("synchronized_playback", command="play")
    assert order["track"]["stream_url"].startswith(f"/api/moosicbox/tracks/{ids[0]}/stream?until=")
