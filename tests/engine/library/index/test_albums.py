"""Albums are decided from their tracks alone: in every order, in every index, with the same ids."""

from hypothesis import given, settings, strategies as st

from custom_components.moosicbox.engine.library.index.albums import AlbumTrack, FoundAlbum, group_albums

TRACKS = st.builds(
    AlbumTrack,
    row=st.just(0),
    fingerprint=st.sampled_from("abcdefgh"),
    folder=st.sampled_from([b"/m/x", b"/m/y", b"/m/z/1"]),
    title=st.sampled_from(["Title", "TITLE"]),
    artist=st.sampled_from([None, "One", "one", "Two", "Three"]),
    album_artist=st.sampled_from([None, None, "One", "Four"]),
    compilation=st.sampled_from([False, False, True]),
    release_id=st.sampled_from(["", "", "r1", "r2"]),
    year=st.sampled_from([0, 1994, 2001]),
    disc_number=st.sampled_from([0, 1, 2]),
    track_number=st.integers(0, 3),
    changed_ns=st.integers(0, 3),
)


def numbered(tracks: list[AlbumTrack]) -> list[AlbumTrack]:
    """Tracks with rows of their own, in the order of their content."""
    return [track._replace(row=row) for row, track in enumerate(sorted(tracks, key=repr))]


def content(albums: list[FoundAlbum]) -> set[tuple[str, str, str | None, frozenset[int]]]:
    return {
        (album.album_id, album.title, album.artist, frozenset(track.row for track in album.tracks)) for album in albums
    }


@given(st.lists(TRACKS, max_size=12), st.randoms())
@settings(max_examples=5 * settings().max_examples)
def test_the_order_of_tracks_does_not_matter(tracks: list[AlbumTrack], random: object) -> None:
    ordered = numbered(tracks)
    shuffled = list(ordered)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content(group_albums(ordered)) == content(group_albums(shuffled))


@given(st.lists(TRACKS, max_size=12))
@settings(max_examples=5 * settings().max_examples)
def test_each_track_is_on_one_album_and_each_id_is_used_once(tracks: list[AlbumTrack]) -> None:
    albums = group_albums(numbered(tracks))
    assert sorted(track.row for album in albums for track in album.tracks) == list(range(len(tracks)))
    assert len({album.album_id for album in albums}) == len(albums)


@given(st.lists(TRACKS, max_size=12))
@settings(max_examples=3 * settings().max_examples)
def test_where_the_library_is_mounted_does_not_matter(tracks: list[AlbumTrack]) -> None:
    """Hubs of a cluster have the same ids."""
    ordered = numbered(tracks)
    moved = [track._replace(folder=b"/elsewhere" + track.folder) for track in ordered]
    assert content(group_albums(ordered)) == content(group_albums(moved))
