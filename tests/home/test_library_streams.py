"""Streams of the library: in a format that the player supports, by signed URLs."""

from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from homeassistant.core import HomeAssistant
import mutagen
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library import media_provider as media_module
from custom_components.moosicbox.engine.library.library import Library
from tests.fixtures import Connect
from tests.http import HttpClient
from tests.wire.client import Client, player

pytestmark = pytest.mark.process


@pytest.fixture
async def library(entry: MockConfigEntry) -> Library:
    """The entry's library, with the three songs."""
    library: Library = entry.runtime_data.library
    await library.scan()
    return library


@pytest.fixture
async def tracks(library: Library) -> dict[str, str]:
    """The ids of the songs by title."""
    return {track.title: track.track_id for track in (await library.get_tracks()).items}


async def speaker(connect: Connect, token: str, player_id: str, *capabilities: str) -> Client:
    """Connect a player that supports these types."""
    client = await connect()
    await client.authenticate(token, client=player(player_id, capabilities=["pause", "seek", *capabilities]))
    return client


async def stream_url(client: Client, track_id: str) -> str:
    """Return the URL from which the player fetches a track."""
    answer = await client.request("playback_command", command="play", track_id=track_id)
    assert answer["type"] == "result", answer
    url: str = (await client.until("synchronized_playback", command="play"))["track"]["stream_url"]
    return url


async def test_the_url_gives_access_to_one_track_in_one_format(
    http: HttpClient, connect: Connect, token: str, tracks: dict[str, str], media_folder: Path
) -> None:
    box = await speaker(connect, token, "box", "audio/flac", "audio/mpeg")
    url = await stream_url(box, tracks["Brass Morning"])
    assert urlsplit(url).path == f"/api/moosicbox/tracks/{tracks['Brass Morning']}/stream"
    response = await http.get(URL(url, encoded=True))
    assert (response.status, response.content_type) == (200, "audio/flac")
    assert await response.read() == (media_folder / "brass-morning.flac").read_bytes()
    assert (await http.head(url)).status == 200
    assert (await http.get(url, headers={"Range": "bytes=0-9"})).status == 206
    for other in (
        url.partition("?")[0],
        url.replace(tracks["Brass Morning"], tracks["Copper Rain"]),
        f"{url}&format=mp3",
    ):
        assert (await http.get(other)).status == 401, other
    assert (await http.post(url)).status == 405
    assert token not in url


async def test_an_expired_url_is_refused(
    http: HttpClient,
    connect: Connect,
    token: str,
    tracks: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(media_module, "STREAM_SECONDS", -3_600)
    box = await speaker(connect, token, "box")
    assert (await http.get(await stream_url(box, tracks["Brass Morning"]))).status == 401


async def test_players_of_one_room_get_formats_that_they_support(
    http: HttpClient, connect: Connect, token: str, tracks: dict[str, str]
) -> None:
    new = await speaker(connect, token, "new", "audio/flac", "audio/mpeg")
    old = await speaker(connect, token, "old", "audio/mpeg")
    odd = await speaker(connect, token, "odd", "audio/midi")
    any_ = await speaker(connect, token, "any")
    room_id = (await new.request("room_command", action="create", name="Party", wait="none"))["data"]["room_id"]
    for client in old, odd, any_:
        assert (await client.request("room_command", action="join", room_id=room_id))["type"] == "result"
    await new.request("playback_command", command="play", track_id=tracks["Brass Morning"])
    types, told = {}, {}
    for client in new, old, odd, any_:
        told = await client.until("synchronized_playback", command="play")
        response = await http.get(URL(told["track"]["stream_url"], encoded=True))
        assert response.status == 200, told
        types[client] = response.content_type
        await response.read()
        # The file has been transcoded completely, so the response has a length.
        content = await (await http.get(URL(told["track"]["stream_url"], encoded=True))).read()
        assert mutagen.File(BytesIO(content)).info.length == pytest.approx(21.6, abs=0.1)
    assert list(types.values()) == ["audio/flac", "audio/mpeg", "audio/flac", "audio/flac"]
    # The next item and a fresh URL have the format of this player, too.
    await new.request("queue_command", action="add", track_id=tracks["Paper Lantern"])
    following = await old.until("prepare")
    while following["track"] is None:
        following = await old.until("prepare")
    assert "format=mp3" in following["track"]["stream_url"]
    assert "format=" not in (await new.until("prepare"))["track"]["stream_url"]
    fresh = await old.request("stream_request", queue_item_id=told["queue_item_id"])
    assert "format=mp3" in fresh["data"]["stream_url"]


@pytest.mark.parametrize(
    ("accepted", "song", "format_name"),
    [
        (("audio/flac", "audio/ogg", "audio/mpeg"), "Brass Morning", "opus"),
        (("audio/flac", "audio/mpeg"), "Brass Morning", "mp3"),
        (("audio/flac",), "Brass Morning", None),
        ((), "Brass Morning", "opus"),
        (("audio/flac", "audio/ogg", "audio/mpeg"), "Copper Rain", None),
    ],
)
async def test_the_data_saver_gets_lossless_tracks_in_a_small_format(
    connect: Connect, token: str, tracks: dict[str, str], accepted: tuple[str, ...], song: str, format_name: str | None
) -> None:
    box = await speaker(connect, token, "box", *accepted)
    await box.request("playback_command", command="play", track_id=tracks[song])
    told = await box.until("synchronized_playback", command="play")
    assert "format=" not in told["track"]["stream_url"]
    answer = await box.request("stream_request", queue_item_id=told["queue_item_id"], data_saver=True)
    url = URL(answer["data"]["stream_url"], encoded=True)
    assert url.query.get("format") == format_name


async def test_without_ffmpeg_all_players_get_the_original_file(
    connect: Connect, token: str, library: Library, tracks: dict[str, str]
) -> None:
    library.transcodes = False
    old = await speaker(connect, token, "old", "audio/mpeg")
    assert "format=" not in await stream_url(old, tracks["Brass Morning"])


async def test_without_an_entry(
    hass: HomeAssistant, entry: MockConfigEntry, http: HttpClient, connect: Connect, token: str, tracks: dict[str, str]
) -> None:
    box = await speaker(connect, token, "box")
    url = await stream_url(box, tracks["Brass Morning"])
    await hass.config_entries.async_unload(entry.entry_id)
    response = await http.get(url)
    assert response.status == 503
    assert "Retry-After" in response.headers


async def test_a_deleted_file_is_not_found(
    http: HttpClient, connect: Connect, token: str, tracks: dict[str, str], media_folder: Path
) -> None:
    box = await speaker(connect, token, "box")
    url = await stream_url(box, tracks["Brass Morning"])
    (media_folder / "brass-morning.flac").unlink()
    assert (await http.get(url)).status == 404


async def test_artwork_needs_its_unguessable_url_and_has_few_sizes(
    http: HttpClient, library: Library, hub: Hub
) -> None:
    (album,) = (await library.get_albums()).items
    assert album.artwork_url is not None
    whole = await http.get(album.artwork_url)
    small = await http.get(album.artwork_url, params={"size": "100"})
    assert (whole.status, whole.content_type) == (200, "image/png")
    assert (small.status, small.content_type) == (200, "image/jpeg")
    assert len(await small.read()) < len(await whole.read())
    for size in "x", "-5", "1" * 6, "٣", "1.5":
        assert (await http.get(album.artwork_url, params={"size": size})).status == 400
    sealed = album.artwork_url.rpartition(".")
    for made_up in f"{album.artwork_url}x", sealed[0], f"{sealed[0]}x.{sealed[2]}", f"{sealed[0]}.":
        assert (await http.get(made_up)).status == 404
