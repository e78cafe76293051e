"""The library in a hub: tracks are looked up in it first, and autoplay continues queues with its music."""

from collections.abc import AsyncGenerator
from typing import Any

from jsonschema import Draft202012Validator
import msgspec
import pytest

from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.library.index.podcasts import Checked
from custom_components.moosicbox.engine.library.index.stations import StationFields
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.reader.messages import FeedEpisode, PodcastFeed
from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import ModeCommand, PlaybackCommand, QueueAdd
from custom_components.moosicbox.engine.protocol.errors import NotSupported, TrackNotFound, Unavailable
from custom_components.moosicbox.engine.protocol.library_request import LibraryRequest, PlaylistEdit, StationEdit
from custom_components.moosicbox.engine.sessions.session import Actor
from tests.engine.fakes import Harness, principal, settle
from tests.engine.protocol.test_results import SCHEMA

from .found import fill, found


class LibraryHarness(Harness):
    """A hub with a library."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.hub = build_hub(
            version="test",
            media=self.media,
            authentication=self.authentication,
            store=self.store,
            clock=self.clock,
            library=library,
        )
        vars(self.hub.writer)["_schedule"] = self.hub.writer.flush_pending


@pytest.fixture
async def harness(library: Library) -> AsyncGenerator[LibraryHarness]:
    """A hub with a player and a library of sixty tracks."""
    await fill(
        library, [found(f"T{n}", f"A{n % 6}", f"B{n % 12}", genres=(f"G{n % 3}",), duration=100.0) for n in range(60)]
    )
    harness = LibraryHarness(library)
    yield harness
    harness.hub.media_resolver.close()


async def all_ids(library: Library) -> list[str]:
    return [track.track_id for track in (await library.get_tracks(limit=500)).items]


def player(harness: Harness) -> Player:
    harness.connect(principal(), player_id="kitchen")
    return harness.hub.players.get("kitchen")


async def test_a_thousand_tracks_are_one_question(
    harness: LibraryHarness, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await all_ids(library)
    asked: list[Any] = []
    tracks = library.tracks

    async def counted(wanted: Any) -> Any:
        asked.append(wanted)
        return await tracks(wanted)

    monkeypatch.setattr(library, "tracks", counted)
    kitchen = player(harness)
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=tuple((ids * 20)[:1_000])))
    assert len(kitchen.active_playback.queue) == 1_000
    assert len(asked) == 1
    item = kitchen.active_playback.queue.items[0]
    assert item.track.media_content_id == f"media-source://moosicbox/track/{ids[0]}"
    address = (await harness.hub.media_resolver.renew_stream_address(item)).url
    assert address.startswith(f"/api/moosicbox/tracks/{ids[0]}/stream?until=")


async def test_tracks_of_another_provider_are_resolved_too(harness: LibraryHarness, library: Library) -> None:
    first, second = (await all_ids(library))[:2]
    kitchen = player(harness)
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=(first, "song", second)))
    assert [item.track.track_id for item in kitchen.active_playback.queue.items] == [first, "song", second]
    with pytest.raises(TrackNotFound):
        await harness.hub.execute(QueueAdd(player_id="kitchen", track_id="t-nothing"))


async def test_an_offline_track_cannot_be_added(harness: LibraryHarness, library: Library) -> None:
    (first, *_) = await all_ids(library)
    await library._change(
        lambda index: index.execute("UPDATE tracks SET state = 1 WHERE track_id = ?", (first,)).rowcount
    )
    player(harness)
    with pytest.raises(Unavailable, match="there"):
        await harness.hub.execute(QueueAdd(player_id="kitchen", track_id=first))


async def played_through(harness: Harness, seconds: float) -> None:
    harness.pass_seconds(seconds)
    await harness_settled(harness)


async def harness_settled(harness: Harness) -> None:
    # The library answers from threads: wait for the tasks that the hub spawned.
    for _ in range(3):
        await settle()
        for task in harness.hub.tasks:
            await task
    await settle()


async def test_autoplay_goes_on_with_music_of_its_kind(harness: LibraryHarness, library: Library) -> None:
    (first, *_) = await all_ids(library)
    kitchen = player(harness)
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_id=first))
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="play"))
    await harness_settled(harness)
    assert len(kitchen.active_playback.queue) == 1
    await harness.hub.execute(ModeCommand(player_id="kitchen", autoplay=True))
    await harness_settled(harness)
    for count in range(2, 6):
        assert [item.origin for item in kitchen.active_playback.queue.items] == ["user"] + ["autoplay"] * (count - 1)
        await played_through(harness, 100.5)
    played = [item.track.track_id for item in kitchen.active_playback.queue.items]
    assert len(set(played)) == len(played)
    assert (await library.track(played[0])).play_count == 1
    assert (await library.track(played[0])).last_played_at is not None


async def test_without_autoplay_it_ends(harness: LibraryHarness, library: Library) -> None:
    (first, *_) = await all_ids(library)
    kitchen = player(harness)
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_id=first))
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="play"))
    await played_through(harness, 200)
    assert kitchen.active_playback.timeline.state == "idle"
    assert len(kitchen.active_playback.queue) == 1


async def test_similar_music(library: Library) -> None:
    await fill(library, [found(f"J{n}", f"Jazzer {n % 9}", genres=("Jazz",), year=1960) for n in range(90)])
    await fill(library, [found(f"R{n}", f"Rocker {n % 9}", genres=("Rock",), year=2010) for n in range(90)])
    (seed,) = [track for track in (await library.get_tracks(limit=500)).items if track.title == "J1"]
    chosen = await library.similar([seed.track_id], 30)
    assert len({track.track_id for track in chosen}) == 30
    assert seed.track_id not in {track.track_id for track in chosen}
    assert sum(track.genre == "Jazz" for track in chosen) > 20
    rest = await library.similar([seed.track_id], 500, [track.track_id for track in chosen])
    assert not {track.track_id for track in rest} & {track.track_id for track in chosen}
    assert await library.similar(["t-unknown"])


async def test_a_hub_without_a_library(harness: LibraryHarness) -> None:
    assert "library" in harness.hub.features()
    bare = Harness()
    assert "library" not in bare.hub.features()
    with pytest.raises(NotSupported):
        await bare.hub.execute(LibraryRequest(request_type="get_tracks"))


async def test_what_was_skipped_becomes_unlikely(library: Library) -> None:
    await fill(library, [found(f"T{n}", f"A{n % 2}", genres=("G",), duration=100.0) for n in range(40)])
    tracks = (await library.get_tracks(limit=500)).items
    seed, *_ = [track for track in tracks if track.artist == "A0"]
    skipped = [track.track_id for track in tracks if track.artist == "A1"][:5]
    found_artists = [track.artist for track in await library.similar([seed.track_id], 10, skipped=skipped)]
    assert found_artists.count("A0") >= 8
    assert not set(skipped) & {track.track_id for track in await library.similar([seed.track_id], 40, skipped=skipped)}


async def test_related_artists_and_other_artists_than_now(library: Library) -> None:
    """Artists who made a track together follow each other before strangers do."""
    together = found("Both", "A", duration=100.0)
    together.artists = ("A", "B")
    await fill(
        library,
        [
            together,
            *(found(f"{artist}{n}", artist, duration=100.0) for artist in ("A", "B", "C") for n in range(30)),
        ],
    )
    tracks = (await library.get_tracks(limit=500)).items
    seed = next(track for track in tracks if track.title == "A0")
    chosen = [(await library.similar([seed.track_id], 1))[0].artist for _ in range(60)]
    assert chosen.count("B") > chosen.count("C")
    assert len(set(chosen)) > 1


@pytest.mark.process
@pytest.mark.parametrize(
    "asked",
    [
        *(("get_artists", {}), ("get_albums", {}), ("get_tracks", {}), ("get_genres", {}), ("get_playlists", {})),
        *(("recent", {}), ("get_history", {}), ("search", {"query": "T1"}), ("get_scrobbling", {}), ("scan", {})),
        *(("get_artist", "get_artists"), ("get_album", "get_albums"), ("get_track", "get_tracks")),
        *(("set_favourite", "get_tracks"), ("edit_playlist", {})),
        *(("get_stations", {}), ("get_podcasts", {}), ("get_episodes", {})),
        *(("get_station", "get_stations"), ("get_podcast", "get_podcasts"), ("get_episode", "get_episodes")),
        ("edit_station", "get_stations"),
    ],
    ids=lambda asked: asked[0],
)
async def test_results_hold_to_the_schema(harness: LibraryHarness, library: Library, asked: tuple[Any, Any]) -> None:
    request_type, fields = asked
    ada = Actor(principal("ada", role="admin"))
    await library.put_station("https://radio.example/1", StationFields(name="T1"))
    episode = FeedEpisode(guid="1", url="https://pods.example/1.mp3", title="T1")
    feed = PodcastFeed(title="T1", episodes=(episode,))
    await library.put_podcast("https://pods.example/feed.xml", feed, Checked(1, 2))

    async def ask(request_type: Any, **fields: Any) -> Any:
        answer = await harness.hub.dispatcher.execute(ada, LibraryRequest(request_type=request_type, **fields))
        return msgspec.json.decode(msgspec.json.encode(answer))

    if isinstance(fields, str):
        first = (await ask(fields))["items"][0]
        fields = {"id": first["track_id" if fields == "get_episodes" else f"{fields[4:-1]}_id"]}
    if request_type == "edit_playlist":
        fields = {"playlist": PlaylistEdit(name="Mine", track_ids=())}
    if request_type == "edit_station":
        fields |= {"station": StationEdit(delete=True)}
    result = await ask(request_type, **fields)
    if request_type == "search":
        assert {"station", "podcast", "episode"} <= {hit["kind"] for hit in result["items"]}
    defs = SCHEMA["$defs"]
    Draft202012Validator({"$ref": "#/$defs/result.library_request", "$defs": defs}).validate(result)
