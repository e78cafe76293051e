"""The library in Home Assistant's media browser: browsing, searching, and playing collections."""

import random
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.moosicbox.engine.library.library import Library
from tests.home.actions import KITCHEN, act, play, state, titles
from tests.wire.client import Client

from .conftest import BIRTH, KIND_OF_BLUE

OURS = "media-source://moosicbox"


async def ask(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action of `media_player` and return its response."""
    answer: Any = await hass.services.async_call(
        "media_player", action, {"entity_id": KITCHEN, **data}, blocking=True, return_response=True
    )
    return answer[KITCHEN]


async def browse(hass: HomeAssistant, place: str = "") -> Any:
    """Return a node of the kitchen's media browser."""
    fields = {"media_content_id": place, "media_content_type": "music"} if place else {}
    return await ask(hass, "browse_media", **fields)


async def child_titles(hass: HomeAssistant, place: str) -> list[str]:
    """Return the titles of a node's children."""
    return [child.title for child in (await browse(hass, place)).children]


async def step(hass: HomeAssistant, place: str, title: str) -> str:
    """Return the child of a node with this title."""
    return next(str(child.media_content_id) for child in (await browse(hass, place)).children if child.title == title)


async def search(hass: HomeAssistant, query: str, **fields: Any) -> list[str]:
    """Return the titles of the results."""
    return [found.title for found in (await ask(hass, "search_media", search_query=query, **fields)).result]


async def test_the_root_has_the_librarys_folders_and_other_media_sources(
    hass: HomeAssistant, kitchen: Client, library: Library
) -> None:
    top = await browse(hass)
    assert [child.title for child in top.children] == [
        "Search the library",
        "Artists",
        "Albums",
        "Genres",
        "Recently added",
        "Playlists",
        "Radio",
        "Podcasts",
        "Audiobooks",
        "Favourites",
        *(child.title for child in top.children[10:]),
    ]
    others = [child.media_content_id for child in top.children[9:]]
    assert "media-source://media_source" in others
    assert OURS not in others
    assert not [place for place in others if "camera" in place or "image" in place]
    assert await browse(hass, top.media_content_id)
    assert all(child.can_expand for child in top.children)
    local = await browse(hass, "media-source://media_source")
    assert {child.title for child in local.children} >= {"loose.opus"}


async def test_folders_list_their_items(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    assert await child_titles(hass, f"{OURS}/artists") == ["Björk", "Miles Davis"]
    assert await child_titles(hass, f"{OURS}/albums") == ["Birth of the Cool", "Debut", "Kind of Blue"]
    assert await child_titles(hass, f"{OURS}/genres") == ["Jazz", "Pop"]
    assert await child_titles(hass, f"{OURS}/playlists") == ["Sunday"]
    assert sorted(await child_titles(hass, f"{OURS}/recent")) == ["Birth of the Cool", "Debut", "Kind of Blue"]
    assert await child_titles(hass, f"{OURS}/favourites") == []


async def test_artists_list_albums_by_year_and_albums_list_tracks_in_order(
    hass: HomeAssistant, kitchen: Client, library: Library
) -> None:
    """Tracks without an album are listed with their artist."""
    miles = await step(hass, f"{OURS}/artists", "Miles Davis")
    assert await child_titles(hass, miles) == ["All songs", "Shuffle all songs", "Birth of the Cool", "Kind of Blue"]
    blue = await browse(hass, await step(hass, miles, "Kind of Blue"))
    assert [child.title for child in blue.children] == [
        f"{number}. {title} (0:01)" for number, title in enumerate(KIND_OF_BLUE, 1)
    ]
    assert (blue.can_play, blue.media_class, blue.media_content_type) == (True, "album", "album")
    first = blue.children[0]
    assert (first.can_play, first.can_expand, first.media_content_type) == (True, False, "audio/flac")
    bjork = await step(hass, f"{OURS}/artists", "Björk")
    assert await child_titles(hass, bjork) == ["All songs", "Shuffle all songs", "Debut", "Hidden Place (0:01)"]
    assert await child_titles(hass, await step(hass, f"{OURS}/genres", "Jazz")) == ["Birth of the Cool", "Kind of Blue"]
    sunday = await step(hass, f"{OURS}/playlists", "Sunday")
    assert await child_titles(hass, sunday) == ["Björk – Human Behaviour (0:01)", "Miles Davis – So What (0:01)"]


async def test_favourites_are_a_folder(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    (album, *_) = (await library.get_albums()).items
    (track, *_) = (await library.get_tracks()).items
    for id_ in album.album_id, track.track_id:
        await kitchen.request("library_request", request_type="set_favourite", id=id_, favourite=True)
    assert await child_titles(hass, f"{OURS}/favourites") == [album.title, f"{track.artist} – {track.title}"]
    await play(hass, f"{OURS}/favourites")
    assert await titles(kitchen) == [track.title]


async def test_only_what_has_tracks_can_be_played(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    """The favourites, which are played without their albums, and playlists."""

    async def is_playable(place: str, title: str) -> bool:
        (child,) = [child for child in (await browse(hass, place)).children if child.title == title]
        if child.can_expand:
            assert (await browse(hass, child.media_content_id)).can_play is child.can_play
        can_play: bool = child.can_play
        return can_play

    await kitchen.request("library_request", request_type="edit_playlist", playlist={"name": "Empty"})
    assert await is_playable(f"{OURS}/playlists", "Sunday")
    assert not await is_playable(f"{OURS}/playlists", "Empty")
    album, track = (await library.get_albums()).items[0], (await library.get_tracks()).items[0]
    for id_, expected in ("", False), (album.album_id, False), (track.track_id, True):
        if id_:
            await kitchen.request("library_request", request_type="set_favourite", id=id_, favourite=True)
        assert await is_playable("", "Favourites") is expected


@pytest.mark.parametrize(
    "place", ["nowhere", "album/al-1", "album/", "artist/x/y", "track/t-1", "genre/ge-1", "playlist/pl-1", "../etc"]
)
async def test_an_unknown_node_is_an_error(hass: HomeAssistant, kitchen: Client, library: Library, place: str) -> None:
    with pytest.raises(HomeAssistantError, match=r"doesn't contain|has no"):
        await browse(hass, f"{OURS}/{place}")


async def test_home_assistants_pages_browse_by_websocket(
    hass: HomeAssistant, kitchen: Client, library: Library, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client()
    place = f"{OURS}/albums"
    await client.send_json_auto_id(
        {
            "type": "media_player/browse_media",
            "entity_id": KITCHEN,
            "media_content_id": place,
            "media_content_type": "music",
        }
    )
    answer = await client.receive_json()
    assert [child["title"] for child in answer["result"]["children"]] == ["Birth of the Cool", "Debut", "Kind of Blue"]
    await client.send_json_auto_id({"type": "media_player/search_media", "entity_id": KITCHEN, "search_query": "bjork"})
    answer = await client.receive_json()
    assert answer["result"]["result"][0]["title"] == "Björk"


@pytest.mark.parametrize(
    ("query", "fields", "first"),
    [
        ("kind of blue", {}, "Kind of Blue"),
        ("miles davis", {}, "Miles Davis"),
        ("play some miles davis", {}, "Miles Davis"),
        ("bjork debut", {}, "Debut"),
        ("kind of bleu", {}, "Kind of Blue"),
        ("blue", {"media_filter_classes": ["track"]}, "Miles Davis – Blue in Green"),
        ("davis", {"media_filter_classes": ["album"]}, "Birth of the Cool"),
        ("jazz", {"media_content_type": "genre"}, "Jazz"),
        ("sunday", {"media_filter_classes": ["playlist", "podcast"]}, "Sunday"),
        ("so what", {"media_filter_classes": ["music"]}, "Miles Davis – So What"),
        ("debut", {"media_content_id": f"{OURS}/albums"}, "Debut"),
    ],
)
async def test_the_media_browser_searches_the_library(
    hass: HomeAssistant, kitchen: Client, library: Library, query: str, fields: dict[str, Any], first: str
) -> None:
    if "media_content_id" in fields:
        fields["media_content_type"] = "music"
    assert (await search(hass, query, **fields))[0] == first


async def test_a_search_for_other_kinds_finds_nothing(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    assert await search(hass, "zzzzzz") == []
    assert await search(hass, "blue", media_filter_classes=["podcast", "movie"]) == []


async def test_another_media_source_searches_itself(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    found = await search(
        hass, "loose", media_content_id="media-source://media_source/local/.", media_content_type="music"
    )
    assert found == ["loose.opus"]


async def test_play_an_album(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    await play(hass, await step(hass, f"{OURS}/albums", "Kind of Blue"))
    assert await titles(kitchen) == list(KIND_OF_BLUE)
    told = await kitchen.until("synchronized_playback", command="play")
    assert told["track"]["title"] == "So What"
    assert told["track"]["stream_url"].startswith("/api/moosicbox/tracks/t-")


async def test_play_an_artist_a_genre_a_playlist(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    await play(hass, await step(hass, f"{OURS}/artists", "Miles Davis"))
    assert sorted(await titles(kitchen)) == sorted([*BIRTH, *KIND_OF_BLUE])
    await play(hass, await step(hass, f"{OURS}/genres", "Pop"))
    assert await titles(kitchen) == ["Human Behaviour"]
    await play(hass, await step(hass, f"{OURS}/playlists", "Sunday"))
    assert await titles(kitchen) == ["Human Behaviour", "So What"]


@pytest.mark.parametrize(
    ("enqueue", "expected", "playing"),
    [
        ("replace", list(BIRTH), "Move"),
        ("add", ["So What", *BIRTH], "So What"),
        ("next", ["So What", *BIRTH], "So What"),
        ("play", ["So What", *BIRTH], "Move"),
    ],
)
async def test_an_album_can_be_enqueued(
    hass: HomeAssistant, kitchen: Client, library: Library, enqueue: str, expected: list[str], playing: str
) -> None:
    blue = await step(hass, f"{OURS}/albums", "Kind of Blue")
    await play(hass, await step(hass, blue, "1. So What (0:01)"), enqueue="play")
    await play(hass, await step(hass, f"{OURS}/albums", "Birth of the Cool"), enqueue=enqueue)
    await hass.async_block_till_done()
    assert await titles(kitchen) == expected
    assert state(hass).attributes["media_title"] == playing


async def test_a_track_by_its_id(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    (track, *_) = (await library.get_tracks()).items
    for media_content_id in track.track_id, f"{OURS}/track/{track.track_id}":
        await play(hass, media_content_id)
        assert await titles(kitchen) == [track.title]
    await act(hass, "media_stop")


async def test_the_search_folder_can_be_searched(hass: HomeAssistant, kitchen: Client, library: Library) -> None:
    """Home Assistant's pages offer no search in the root."""
    folder = (await browse(hass)).children[0]
    assert (folder.can_search, folder.can_expand, folder.can_play) == (True, True, False)
    place = folder.media_content_id
    assert sorted(await child_titles(hass, place)) == ["Birth of the Cool", "Debut", "Kind of Blue"]
    assert await search(hass, "so what", media_content_id=place, media_content_type="music") == [
        "Miles Davis – So What"
    ]


async def test_a_song_of_an_album_goes_on_with_the_album(
    hass: HomeAssistant, kitchen: Client, library: Library
) -> None:
    miles = await step(hass, f"{OURS}/artists", "Miles Davis")
    second = await step(hass, await step(hass, miles, "Kind of Blue"), "2. Freddie Freeloader (0:01)")
    await play(hass, second)
    assert await titles(kitchen) == list(KIND_OF_BLUE[1:])
    await play(hass, second, enqueue="add")
    assert await titles(kitchen) == [*KIND_OF_BLUE[1:], KIND_OF_BLUE[1]]
    with pytest.raises(HomeAssistantError):
        await play(hass, f"{second}x")


async def test_all_songs_of_an_artist_play_in_order_or_shuffled(
    hass: HomeAssistant, kitchen: Client, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "sample", lambda items, _count: items[::-1])
    miles = await step(hass, f"{OURS}/artists", "Miles Davis")
    songs = await browse(hass, await step(hass, miles, "All songs"))
    listed = [child.title.removesuffix(" (0:01)") for child in songs.children]
    assert sorted(listed) == sorted([*BIRTH, *KIND_OF_BLUE])
    await play(hass, songs.media_content_id)
    assert await titles(kitchen) == listed
    await play(hass, await step(hass, miles, "Shuffle all songs"))
    assert await titles(kitchen) == listed[::-1]
    await play(hass, songs.children[3].media_content_id)
    assert await titles(kitchen) == listed[3:]
