"""Audiobooks: their recognition, their lists and their progress."""

import itertools
from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.index.positions import HOUSEHOLD, Kept
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import BookDetails, Unfinished, remaining
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound
from custom_components.moosicbox.engine.protocol.library_request import Filters
from script.lib.sounds import Sounds


@pytest.fixture
async def books(library: Library, music: Path, sounds: Sounds) -> Library:
    """Two audiobooks, of one file and of three, and a song."""
    sounds.put(music / "one.m4b", "aac", title="The Quay", album="The Quay", artist="Ana")
    for number, genre in enumerate(("Audiobook", "Fantasy; Audiobook", "Hörbuch")):
        tags = {"title": f"Part {number}", "album": "The Tide", "artist": "Ben", "genre": genre}
        sounds.put(music / f"tide{number}.mp3", variant=number + 1, tracknumber=str(number + 1), **tags)
    sounds.put(music / "song.mp3", title="A Song", album="Songs", artist="Ana")
    await library.scan()
    return library


async def tide(books: Library) -> BookDetails:
    [found] = [book for book in (await books.get_books()).items if book.title == "The Tide"]
    return await books.book(found.album_id)


async def test_audiobooks_are_listed_apart(books: Library) -> None:
    page = await books.get_books()
    assert [(book.title, book.artist, book.track_count) for book in page.items] == [
        ("The Quay", "Ana", 1),
        ("The Tide", "Ben", 3),
    ]
    assert page.total == 2
    assert [track.title for track in (await books.get_tracks()).items] == ["A Song"]
    assert [album.title for album in (await books.get_albums()).items] == ["Songs"]
    assert [album.title for album in (await books.recent()).items] == ["Songs"]
    # The works of their authors, and what is searched for, are complete.
    assert len((await books.get_tracks(Filters(artist="Ana"))).items) == 2
    assert len((await books.get_albums(Filters(artist="Ana"))).items) == 2
    assert {hit.kind for hit in (await books.search("the tide")).items} >= {"album"}


async def test_autoplay_plays_no_audiobook(books: Library) -> None:
    [song] = (await books.get_tracks()).items
    assert await books.similar([song.track_id], 10) == []


async def test_parts_are_spoken(books: Library) -> None:
    assert [part.spoken for part in (await tide(books)).tracks] == [True] * 3
    [song] = (await books.get_tracks()).items
    assert song.spoken is not True


async def test_a_book_goes_on_where_it_was_left(books: Library) -> None:
    book = await tide(books)
    assert (book.heard, book.played) == (0, False)
    first, second, third = book.tracks
    await books.people.keep_position([HOUSEHOLD, "ada"], first.track_id, Kept(0.0, played=True))
    await books.people.keep_position([HOUSEHOLD], second.track_id, Kept(0.5))
    book = await tide(books)
    assert book.heard == pytest.approx((first.duration or 0) + 0.5, abs=0.01)
    assert [part.title for part in remaining(book.tracks)] == ["Part 1", "Part 2"]
    assert [track.title for track in await books.album_to_play(book.album_id)] == ["Part 1", "Part 2"]
    [own] = await books.people.with_own_fields("ada", [book])
    assert own.my_heard == pytest.approx(first.duration or 0, abs=0.01)
    assert own.my_played is False
    for part in (second, third):
        await books.people.keep_position([HOUSEHOLD], part.track_id, Kept(0.0, played=True))
    book = await tide(books)
    assert book.played
    # It begins anew once all of it was heard.
    assert len(remaining(book.tracks)) == 3


async def test_an_album_is_no_audiobook(books: Library) -> None:
    [album] = (await books.get_albums()).items
    with pytest.raises(TrackNotFound):
        await books.book(album.album_id)


async def test_the_book_that_was_heard_last_goes_on(books: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    now = itertools.count(1_000)
    monkeypatch.setattr("time.time", lambda: float(next(now)))
    people = books.people
    parts = [part.track_id for part in (await tide(books)).tracks]
    [quay] = [book for book in (await books.get_books()).items if book.title == "The Quay"]
    [only] = [part.track_id for part in (await books.book(quay.album_id)).tracks]
    assert await people.unfinished("ada", "book") is None
    await people.keep_position(["ada"], only, Kept(0.5))
    await people.keep_position(["ada"], parts[1], Kept(0.5))
    assert await people.unfinished("ada", "book") == Unfinished(title="The Tide", by="Ben", track_ids=tuple(parts[1:]))
    # A part that was heard to its end is followed by the next one. Earlier parts don't matter.
    await people.keep_position(["ada"], parts[1], Kept(0.0, played=True))
    assert await people.unfinished("ada", "book") == Unfinished(title="The Tide", by="Ben", track_ids=(parts[2],))
    # A book that was heard to its end, or marked as unheard, isn't unfinished.
    await people.keep_position(["ada"], parts[2], Kept(0.0, played=True))
    assert await people.unfinished("ada", "book") == Unfinished(title="The Quay", by="Ana", track_ids=(only,))
    await people.keep_position(["ada"], only, Kept(0.0, played=False))
    assert await people.unfinished("ada", "book") is None
    # Each user has a book of their own.
    await people.keep_position([HOUSEHOLD], parts[0], Kept(0.5))
    assert await people.unfinished("ada", "book") is None
    assert await people.unfinished(None, "book") == Unfinished(title="The Tide", by="Ben", track_ids=tuple(parts))
    assert await people.unfinished(None, "podcast") is None


async def test_a_song_isnt_gone_on_with(books: Library) -> None:
    [song] = (await books.get_tracks()).items
    await books.people.keep_position(["ada"], song.track_id, Kept(0.5))
    assert await books.people.unfinished("ada", "book") is None
