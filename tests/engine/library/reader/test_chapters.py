"""Chapters of files in every form, and of documents; hostile ones lead to fewer chapters."""

from io import BytesIO
import json
from pathlib import Path
import struct
from typing import Any

from hypothesis import given, strategies as st
from mutagen.id3 import CHAP, CTOC, ID3, TIT2, CTOCFlags
import pytest

from custom_components.moosicbox.engine.library.chapters import ChapterFinder
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Chapters, LibraryChange
from custom_components.moosicbox.engine.library.reader.chapters import parse_chapters
from custom_components.moosicbox.engine.library.reader.feeds import parse_feed
from custom_components.moosicbox.engine.library.reader.mp4_chapters import mp4_chapters
from custom_components.moosicbox.engine.protocol.errors import TrackNotFound
from script.lib.books import CHAPTERS, put_book
from script.lib.sounds import Sounds, tag
from tests.engine.library.podcasts.feeds import episode, feed

EXPECTED = list(zip(CHAPTERS, (0.0, 0.3, 0.6), strict=True))


async def chapters_of(library: Library) -> Chapters:
    changes: list[LibraryChange] = []
    library.changed.subscribe(changes.append)
    await library.scan()
    (track_id,) = next(change.ids for change in changes if change.update_type == "tracks_added")
    return await ChapterFinder(library, None).find(track_id)


def starts(found: Chapters) -> list[tuple[str, float]]:
    return [(chapter.title, chapter.start) for chapter in found.chapters]


@pytest.mark.process
@pytest.mark.parametrize("options", [(), ("-movflags", "disable_chpl"), ("-movflags", "faststart")])
async def test_chapters_of_mp4(options: tuple[str, ...], music: Path, library: Library) -> None:
    put_book(music / "x.m4b", 1, *options)
    found = await chapters_of(library)
    assert (found.source, starts(found)) == ("file", EXPECTED)
    assert [chapter.end for chapter in found.chapters[:2]] == [0.3, 0.6]
    # The last one ends with the file.
    assert found.chapters[2].end == pytest.approx(1, abs=0.1)


def put_id3(path: Path, version: int, *, listed: list[str]) -> None:
    tags = ID3(path)
    for element, (title, start) in zip("abc", EXPECTED, strict=True):
        times = {"start_time": round(start * 1000), "end_time": 0, "start_offset": 2**32 - 1, "end_offset": 2**32 - 1}
        tags.add(CHAP(element_id=element, **times, sub_frames=[TIT2(encoding=3 if version == 4 else 1, text=[title])]))
    if listed:
        flags = CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED
        tags.add(CTOC(element_id="toc", flags=flags, child_element_ids=listed, sub_frames=[]))
    tags.save(path, v2_version=version)


@pytest.mark.parametrize("version", [3, 4])
async def test_chapters_of_id3(version: int, sounds: Sounds, music: Path, library: Library) -> None:
    put_id3(sounds.put(music / "x.mp3", title="X"), version, listed=[])
    assert starts(await chapters_of(library)) == EXPECTED


async def test_chapters_outside_of_the_contents_are_left_out(sounds: Sounds, music: Path, library: Library) -> None:
    put_id3(sounds.put(music / "x.mp3", title="X"), 4, listed=["a", "c"])
    assert starts(await chapters_of(library)) == [EXPECTED[0], EXPECTED[2]]


@pytest.mark.parametrize("kind", ["ogg", "opus", "flac"])
async def test_chapters_of_vorbis_comments(kind: str, sounds: Sounds, music: Path, library: Library) -> None:
    tags: dict[str, Any] = {"chapter001": "00:00:00.000", "chapter001name": "Cliff", "chapter002": "00:00:00.300"}
    tag(sounds.put(music / f"x.{kind}"), **tags)
    assert starts(await chapters_of(library)) == [("Cliff", 0.0), ("", 0.3)]


async def test_a_song_without_chapters(sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / "x.mp3", title="X")
    found = await chapters_of(library)
    assert (found.source, found.chapters) == (None, ())
    with pytest.raises(TrackNotFound):
        await ChapterFinder(library, None).find("t-unknown")


def box(kind: bytes, *contents: bytes) -> bytes:
    data = b"".join(contents)
    return struct.pack(">I4s", 8 + len(data), kind) + data


@given(st.binary(max_size=400))
def test_any_bytes_in_boxes_lead_to_chapters_or_none(data: bytes) -> None:
    table = box(b"stbl", *(box(kind, data) for kind in (b"stts", b"stsz", b"stsc", b"stco")))
    media = box(b"mdia", box(b"mdhd", bytes(12) + b"\0\0\0\1" + bytes(4)), box(b"minf", table))
    track = box(b"trak", box(b"tkhd", bytes(12) + b"\0\0\0\2"), box(b"tref", box(b"chap", b"\0\0\0\2")), media)
    movie = box(b"moov", track, box(b"udta", box(b"chpl", data)))
    file: Any = BytesIO(movie)
    assert len(mp4_chapters(file, len(movie))) <= 1_000


def test_documents_of_podcasting_2() -> None:
    entries = [
        {"startTime": 90.5, "title": "Storm", "img": "http://podcast.example/x.png"},
        {"startTime": 0, "title": "Calm\n  sea"},
        {"startTime": 45, "title": "Advert", "toc": False},
        {"startTime": -5, "title": "Before"},
    ]
    found = parse_chapters(json.dumps({"version": "1.2.0", "chapters": entries}).encode())
    assert found is not None
    assert [(chapter.title, chapter.seconds) for chapter in found.chapters] == [("Calm sea", 0), ("Storm", 90.5)]
    assert parse_chapters(b'{"chapters": []}') is None


def test_an_endless_document_is_cut() -> None:
    entries = [{"startTime": n, "title": "x" * 600} for n in range(5_000)]
    found = parse_chapters(json.dumps({"chapters": entries}).encode())
    assert found is not None
    assert len(found.chapters) == 1_000
    assert {len(chapter.title) for chapter in found.chapters} == {500}


def test_podlove_chapters_of_feeds() -> None:
    simple = (
        '<psc:chapters xmlns:psc="http://podlove.org/simple-chapters" version="1.2">'
        '<psc:chapter start="00:10:00" title="Moon"/><psc:chapter start="0" title="Sea"/></psc:chapters></item>'
    )
    found = parse_feed("http://podcast.example/feed.xml", feed(episode(1).replace("</item>", simple)))
    assert found is not None
    assert [(chapter.title, chapter.seconds) for chapter in found.episodes[0].chapters] == [("Sea", 0), ("Moon", 600)]
