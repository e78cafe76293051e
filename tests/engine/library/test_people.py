"""Favourites, plays and history of users beside those of the household; smart playlists over them."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.library.index import people
from custom_components.moosicbox.engine.library.index.smart import TABLES, tracks_query
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd
from custom_components.moosicbox.engine.protocol.errors import (
    InvalidMessage,
    PermissionDenied,
    TrackNotFound,
    Unavailable,
)
from custom_components.moosicbox.engine.protocol.library_request import (
    Filters,
    LibraryRequest,
    PlaylistEdit,
    SmartRule,
    SmartRules,
)
from tests.engine.fakes import principal

from .found import fill, found
from .test_hub import LibraryHarness, harness_settled

ANNA, BEN = "anna", "ben"
COLLECTION = [
    found("So What", "Miles Davis", "Kind of Blue", genres=("Jazz",), year=1959, duration=540.0, track_gain=-2.0),
    found("Blue in Green", "Miles Davis", "Kind of Blue", genres=("Jazz",), year=1959, duration=330.0),
    found("Halo", "Beyoncé", "Sasha", genres=("Pop", "Soul"), year=2008, duration=260.0, track_gain=-9.0),
    found("Éclipse", "Zaz", "Paris", genres=("Chanson",), year=2014, duration=200.0),
    found("The End", "The Doors", "The Doors", genres=("Rock",), duration=700.0, track_gain=-5.0),
]


@pytest.fixture
async def filled(library: Library) -> dict[str, str]:
    """The ids of the collection's tracks by their titles."""
    await fill(library, COLLECTION)
    return {track.title: track.track_id for track in (await library.get_tracks()).items}


def user(name: str) -> Principal:
    return principal(sub=name)


class People:
    """Requests of users to a hub."""

    def __init__(self, harness: LibraryHarness) -> None:
        self.hub = harness.hub

    async def ask(self, who: Principal, request_type: str, **fields: Any) -> Any:
        request = LibraryRequest(request_type=request_type, **fields)  # type: ignore[arg-type]
        return await self.hub.execute(request, who)

    async def titles(self, who: Principal, **fields: Any) -> list[str]:
        page = await self.ask(who, "get_tracks", filters=Filters(favourite=True), **fields)
        return [track.title for track in page["items"]]


@pytest.fixture
def harness(library: Library) -> Any:
    """A hub with the library."""
    harness = LibraryHarness(library)
    yield harness
    harness.hub.media_resolver.close()


async def test_favourites_of_a_user_and_of_the_household(filled: dict[str, str], harness: LibraryHarness) -> None:
    hub = People(harness)
    await hub.ask(user(ANNA), "set_favourite", id=filled["Halo"], mine=True)
    await hub.ask(user(BEN), "set_favourite", id=filled["So What"])
    assert await hub.titles(user(ANNA), mine=True) == ["Halo"]
    assert await hub.titles(user(BEN), mine=True) == []
    assert await hub.titles(user(ANNA)) == await hub.titles(user(BEN)) == ["So What"]
    page = await hub.ask(user(ANNA), "get_tracks")
    assert {track.title for track in page["items"] if track.my_favourite} == {"Halo"}
    await hub.ask(user(ANNA), "set_favourite", id=filled["Halo"], mine=True, favourite=False)
    assert await hub.titles(user(ANNA), mine=True) == []


@pytest.mark.parametrize("kind", ["albums", "artists", "genres", "playlists"])
async def test_favourites_of_every_kind(kind: str, filled: dict[str, str], harness: LibraryHarness) -> None:
    hub = People(harness)
    await harness.hub.library.edit_playlist(None, PlaylistEdit(name="List"))  # type: ignore[union-attr]
    first, *others = (await hub.ask(user(ANNA), f"get_{kind}"))["items"]
    await hub.ask(user(ANNA), "set_favourite", id=people.item_id(first), mine=True)
    mine = (await hub.ask(user(ANNA), f"get_{kind}", filters=Filters(favourite=True), mine=True))["items"]
    assert [people.item_id(item) for item in mine] == [people.item_id(first)]
    not_mine = (await hub.ask(user(ANNA), f"get_{kind}", filters=Filters(favourite=False), mine=True))["items"]
    assert len(not_mine) == len(others)


async def test_only_users_have_favourites_of_their_own(filled: dict[str, str], harness: LibraryHarness) -> None:
    hub = People(harness)
    guest = principal(sub="guest:1", rooms=frozenset({"r"}))
    for request in ("get_tracks", "get_history", "get_scrobbling", "set_scrobbling"):
        with pytest.raises(PermissionDenied):
            await hub.ask(guest, request, mine=True)
    with pytest.raises(PermissionDenied):
        await hub.ask(harness.hub.system, "set_favourite", id=filled["Halo"], mine=True)
    page = await hub.ask(guest, "get_tracks")
    assert not isinstance(page["items"][0].my_favourite, bool)
    with pytest.raises(TrackNotFound):
        await hub.ask(user(ANNA), "set_favourite", id="t-nothing", mine=True)


async def test_plays_count_for_the_users_who_listen(
    filled: dict[str, str], harness: LibraryHarness, library: Library
) -> None:
    harness.connect(user(ANNA), player_id="kitchen")
    await harness.hub.execute(QueueAdd(player_id="kitchen", track_ids=(filled["Halo"], filled["So What"])), user(ANNA))
    await harness.hub.execute(PlaybackCommand(player_id="kitchen", command="play"), user(ANNA))
    await harness_settled(harness)
    harness.pass_seconds(261)
    await harness_settled(harness)
    mine = await library.people.history(ANNA)
    assert [play.title for play in mine.items] == ["Halo"]
    assert [play.title for play in (await library.people.history(None)).items] == ["Halo"]
    assert (await library.people.history(BEN)).total == 0
    page = await People(harness).ask(user(ANNA), "get_tracks")
    assert {track.title: track.my_play_count for track in page["items"]}["Halo"] == 1
    assert (await library.track(filled["Halo"])).play_count == 1


async def test_history_in_pages(filled: dict[str, str], library: Library) -> None:
    titles = list(filled) * 3
    for title in titles:
        await library.people.count_play(filled[title], {ANNA})
    seen, cursor = [], None
    while True:
        page = await library.people.history(ANNA, 4, cursor)
        seen += [play.title for play in page.items]
        assert page.total == len(titles)
        if (cursor := page.next_cursor) is None:
            break
    assert seen == titles[::-1]
    with pytest.raises(InvalidMessage):
        await library.people.history(ANNA, 4, "wrong")


async def test_the_history_and_users_are_bounded(
    filled: dict[str, str], library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MAX_HISTORY", 10)
    monkeypatch.setattr(people, "MAX_USERS", 2)
    for number in range(10):
        await library.people.count_play(filled["Halo"], {f"u{number}"})
    assert (await library.people.history("u0")).total + (await library.people.history("u1")).total <= 2
    assert (await library.people.history("u5")).total == 0
    assert (await library.people.history(None)).total <= 10
    assert (await library.track(filled["Halo"])).play_count == 10
    with pytest.raises(Unavailable):
        await library.people.set_favourite("u9", filled["Halo"], favourite=True)


async def test_a_removed_user_is_forgotten(filled: dict[str, str], library: Library) -> None:
    await library.people.count_play(filled["Halo"], {ANNA, BEN})
    await library.people.set_favourite(ANNA, filled["Halo"], favourite=True)
    await library.people.set_scrobbling_token(ANNA, "token")
    await library.people.forget(ANNA)
    assert (await library.people.history(ANNA)).total == 0
    assert (await library.people.history(BEN)).total == 1
    assert not (await library.people.scrobbling(ANNA)).connected
    (track,) = await library.people.with_own_fields(ANNA, [await library.track(filled["Halo"])])
    assert (track.my_favourite, track.my_play_count) == (False, 0)


# ------------------------------------------------------------ smart playlists


def rules(*conditions: tuple[str, str, Any], **fields: Any) -> SmartRules:
    made = [SmartRule(field=field, op=op, value=value) for field, op, value in conditions]  # type: ignore[arg-type]
    return SmartRules(rules=tuple(made), order=fields.pop("order", "title"), **fields)


async def create(library: Library, smart: SmartRules, owner: str | None = ANNA) -> Any:
    return await library.edit_playlist(None, PlaylistEdit(name="Smart", rules=smart), owner)


@pytest.mark.parametrize(
    ("conditions", "titles"),
    [
        ([("genre", "is", "jazz")], {"So What", "Blue in Green"}),
        ([("genre", "is_not", "JAZZ"), ("year", "at_least", 2000)], {"Halo", "Éclipse"}),
        ([("artist", "contains", "doors")], {"The End"}),
        ([("title", "contains", "eclip")], {"Éclipse"}),
        ([("title", "contains", "%")], set()),
        ([("album", "is", "kind of blue"), ("duration", "at_most", 400)], {"Blue in Green"}),
        ([("year", "at_most", 1990)], {"So What", "Blue in Green"}),
        ([("loudness", "at_least", -13.5)], {"Halo", "The End"}),
        ([("plays", "at_least", 2)], {"Halo"}),
        ([("played", "at_least", 365)], {"So What", "Blue in Green", "Éclipse", "The End"}),
        ([("added", "at_most", 7)], {"So What", "Blue in Green", "Halo", "Éclipse", "The End"}),
        ([("favourite", "is", True)], {"Éclipse"}),
        ([("favourite", "is", False), ("year", "at_least", 2000)], {"Halo"}),
    ],
)
async def test_the_rules_of_a_smart_playlist_select_its_tracks(
    conditions: list[tuple[str, str, Any]], titles: set[str], filled: dict[str, str], library: Library
) -> None:
    for _ in range(2):
        await library.people.count_play(filled["Halo"])
    await library.set_favourite(filled["Éclipse"])
    playlist = await create(library, rules(*conditions))
    assert {track.title for track in playlist.tracks} == titles
    assert playlist.smart
    (listed,) = (await library.get_playlists()).items
    assert (listed.track_count, listed.smart) == (len(titles), True)


async def test_a_smart_playlist_is_live_and_its_owners(filled: dict[str, str], library: Library) -> None:
    made = await create(library, rules(("plays", "at_least", 1), mine=True, order="-plays"))
    assert made.tracks == ()
    await library.people.count_play(filled["Halo"], {BEN})
    for title in ("So What", "Éclipse", "Éclipse"):
        await library.people.count_play(filled[title], {ANNA})
    playlist = await library.playlist(made.playlist_id)
    assert [track.title for track in playlist.tracks] == ["Éclipse", "So What"]
    changed = await library.edit_playlist(made.playlist_id, PlaylistEdit(rules=rules(match="any", limit=2)), BEN)
    assert changed is not None
    assert len(changed.tracks) == 2
    assert changed.rules == rules(match="any", limit=2)
    await library.edit_playlist(made.playlist_id, PlaylistEdit(name="Other"), BEN)
    assert (await library.playlist(made.playlist_id)).name == "Other"


async def test_refused_changes(filled: dict[str, str], library: Library) -> None:
    for condition in (("year", "contains", 3), ("title", "at_least", "x"), ("plays", "is", "x"), ("added", "is", 3.0)):
        with pytest.raises(InvalidMessage):
            await create(library, rules(condition))
    with pytest.raises(PermissionDenied):
        await create(library, rules(mine=True), None)
    made = await create(library, rules())
    with pytest.raises(InvalidMessage):
        await library.edit_playlist(made.playlist_id, PlaylistEdit(add=(filled["Halo"],)))


VALUES = st.one_of(st.booleans(), st.floats(-1e9, 1e9), st.text(min_size=1, max_size=20))
FIELDS = ("title", "artist", "album", "genre", "year", "added", "played", "plays", "duration", "loudness", "favourite")
ORDERS = ("random", "title", "-artist", "year", "-added", "duration", "-plays", "played", "-loudness")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            SmartRule,
            field=st.sampled_from(FIELDS),
            op=st.sampled_from(["is", "is_not", "contains", "at_least", "at_most"]),
            value=VALUES,
        ),
        max_size=5,
    ),
    st.sampled_from(ORDERS),
    st.booleans(),
)
def test_any_rules_are_refused_or_answered(made: list[SmartRule], order: Any, mine: bool) -> None:
    """Each set of rules that isn't refused is valid SQL with as many values as it has marks."""
    try:
        query, values = tracks_query(SmartRules(rules=tuple(made), order=order, mine=mine), ANNA, "t.id", 1e9)
    except InvalidMessage:
        return
    assert query.count("?") == len(values)
    assert TABLES in query
