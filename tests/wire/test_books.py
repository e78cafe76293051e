"""Audiobooks over the wire: their lists, their parts, and marks of what was heard."""

from pathlib import Path

import pytest

from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from script.lib.sounds import Sounds
from tests.fixtures import Connect, CreateToken

from .client import Client, Message
from .test_library import ask, refused

PARTS = ("Low Water", "The Moon", "High Water")


@pytest.fixture
def media_folder(tmp_path: Path, sounds: Sounds) -> Path:
    """Home Assistant's media folder with two audiobooks, of three files and of one, and a song."""
    folder = tmp_path / "media"
    for number, title in enumerate(PARTS, 1):
        tags = {"title": title, "album": "The Tide", "artist": "Ben", "genre": "Audiobook"}
        sounds.put(folder / f"tide{number}.mp3", variant=number, tracknumber=str(number), **tags)
    sounds.put(folder / "quay.m4b", "aac", title="The Quay", album="The Quay", artist="Ana")
    sounds.put(folder / "song.mp3", variant=4, title="A Song", album="Songs", artist="Ana")
    return folder


@pytest.fixture
async def library(hub: Hub) -> Library:
    """The hub's library with the books in it."""
    assert hub.library is not None
    await hub.library.scan()
    return hub.library


@pytest.fixture
async def ada(library: Library, connect: Connect, create_token: CreateToken) -> Client:
    client = await connect()
    await client.authenticate(await create_token("ada"))
    return client


async def book(client: Client, title: str = "The Tide") -> Message:
    """Return a book as `get_book` answers."""
    (found,) = [each for each in (await ask(client, "get_books"))["items"] if each["title"] == title]
    item: Message = (await ask(client, "get_book", id=found["album_id"]))["item"]
    return item


async def test_books_are_listed_in_pages(ada: Client) -> None:
    page = await ask(ada, "get_books", limit=1)
    assert ([each["title"] for each in page["items"]], page["total"]) == (["The Quay"], 2)
    rest = await ask(ada, "get_books", limit=1, cursor=page["next_cursor"])
    assert [(each["title"], each["artist"], each["track_count"]) for each in rest["items"]] == [("The Tide", "Ben", 3)]
    assert rest["next_cursor"] is None
    assert [each["title"] for each in (await ask(ada, "get_books", sort="-title"))["items"]] == ["The Tide", "The Quay"]


async def test_a_book_has_its_parts_in_order(ada: Client) -> None:
    tide = await book(ada)
    assert [part["title"] for part in tide["tracks"]] == list(PARTS)
    assert {part["spoken"] for part in tide["tracks"]} == {True}
    assert (tide["heard"], tide["played"], tide["my_heard"], tide["my_played"]) == (0, False, 0, False)


async def test_a_part_is_marked_for_a_user_and_for_the_household(
    ada: Client, connect: Connect, create_token: CreateToken
) -> None:
    first = (await book(ada))["tracks"][0]
    assert await ask(ada, "set_played", id=first["track_id"], mine=True) == {}
    tide = await book(ada)
    assert [(part["my_played"], part["played"]) for part in tide["tracks"]] == [(True, False)] + [(False, False)] * 2
    assert tide["my_heard"] == pytest.approx(first["duration"], abs=0.01)
    assert tide["heard"] == 0
    ben = await connect()
    await ben.authenticate(await create_token("ben"))
    assert await ask(ben, "set_played", id=first["track_id"]) == {}
    tide = await book(ben)
    assert [(part["my_played"], part["played"]) for part in tide["tracks"]] == [(False, True)] + [(False, False)] * 2
    assert await ask(ben, "set_played", id=first["track_id"], played=False) == {}
    assert (await book(ada))["tracks"][0]["played"] is False


async def test_a_book_is_marked_as_a_whole(ada: Client) -> None:
    tide = await book(ada)
    await ask(ada, "set_played", id=tide["album_id"])
    tide = await book(ada)
    assert (tide["played"], [part["played"] for part in tide["tracks"]]) == (True, [True] * 3)
    assert (await book(ada, "The Quay"))["played"] is False
    listed = {each["title"]: each["played"] for each in (await ask(ada, "get_books"))["items"]}
    assert listed == {"The Quay": False, "The Tide": True}
    await ask(ada, "set_played", id=tide["album_id"], played=False)
    tide = await book(ada)
    assert (tide["played"], tide["heard"]) == (False, 0)


async def test_only_books_and_their_parts_are_marked(ada: Client) -> None:
    (song,) = (await ask(ada, "get_tracks"))["items"]
    (album,) = (await ask(ada, "get_albums"))["items"]
    for id_ in (song["track_id"], album["album_id"], "al-0000000000000000"):
        assert (await refused(ada, "set_played", id=id_))["error_type"] == "track_not_found"
    for id_ in (album["album_id"], "al-0000000000000000"):
        assert (await refused(ada, "get_book", id=id_))["error_type"] == "track_not_found"
    assert (await refused(ada, "set_played"))["error_type"] == "invalid_message"


async def test_marks_need_a_permission(library: Library, connect: Connect, create_token: CreateToken) -> None:
    reader = await connect()
    await reader.authenticate(await create_token("eve", permissions=["library"]))
    tide = await book(reader)
    assert (await refused(reader, "set_played", id=tide["album_id"]))["error_type"] == "permission_denied"
    assert (await book(reader))["played"] is False
