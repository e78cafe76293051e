"""Odd tags: dates, guests of artists, pictures with wrong labels, tags of rare kinds."""

from pathlib import Path
import shutil
from typing import Any
import zlib

from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TDOR, TDRL, TIT2, TPE1
from mutagen.mp3 import MP3

from script.lib.sounds import Sounds, png

from .case import Case, Write

LARGE_PICTURE = 8 * 1024 * 1024
"""Bytes; the library shows no larger one."""


def _flac(**tags: Any) -> Write:
    return lambda folder, sounds: sounds.put(folder / "x.flac", **tags)


def _date(number: int, text: str, year: int | None) -> Case:
    return Case(
        name=f"date-{number}",
        trick=f"the date is {text!r}",
        write=_flac(title="X", date=text),
        tracks={"x.flac": {"year": year}},
    )


def _credit(number: int, credit: str, *artists: str) -> Case:
    return Case(
        name=f"credit-{number}",
        trick=f"the artist is {credit!r}",
        write=_flac(title="X", artist=credit),
        tracks={"x.flac": {"artist": credit, "artists": artists}},
        artists=frozenset(artists),
    )


def _release_dates(folder: Path, sounds: Sounds) -> None:
    for name, frame in (("release", TDRL), ("original", TDOR)):
        path = sounds.put(folder / f"{name}.mp3", title=name)
        tags = ID3(path)
        tags.add(frame(encoding=3, text="1987-05-03"))
        tags.save(path)
    sounds.put(folder / "vorbis.flac", title="vorbis", originaldate="1987")


def _labels(*labels: str) -> Write:
    def write(folder: Path, sounds: Sounds) -> None:
        for number, label in enumerate(labels):
            path = sounds.put(folder / f"{number}.mp3", title=str(number))
            tags = ID3(path)
            tags.add(APIC(encoding=3, mime=label, type=3, desc="", data=png()))
            tags.save(path)
            path = sounds.put(folder / f"{number}.flac", title=str(number))
            file = FLAC(path)
            picture = Picture()
            picture.type, picture.mime, picture.data = 3, label, png()
            file.add_picture(picture)
            file.save()

    return write


def _no_pictures(folder: Path, sounds: Sounds) -> None:
    for name, data in (("text", b"no picture at all"), ("svg", b"<svg/>"), ("link", b"http://example.com/x.png")):
        path = sounds.put(folder / f"{name}.mp3", title=name)
        tags = ID3(path)
        tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=data))
        tags.save(path)


def _second_picture(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.flac", title="X")
    file = FLAC(path)
    for data in (b"no picture", png()):
        picture = Picture()
        picture.type, picture.mime, picture.data = 3, "image/png", data
        file.add_picture(picture)
    file.save()


def _large_cover(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "x.mp3", title="X", album="Large cover", artist="Covered")
    (folder / "cover.png").write_bytes(png() + bytes(LARGE_PICTURE))
    (folder / "folder.png").write_bytes(png())


def _only_large_cover(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "x.mp3", title="X", album="Only a large cover", artist="Covered")
    (folder / "cover.png").write_bytes(png() + bytes(LARGE_PICTURE))


def _false_cover(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "x.mp3", title="X", album="False cover", artist="Covered")
    (folder / "cover.jpg").write_text("404 not found")
    (folder / "folder.jpg").write_bytes(png())


def _cover_above_discs(folder: Path, sounds: Sounds) -> None:
    for disc in (1, 2):
        sounds.put(folder / f"Box/CD{disc}/01 - X.mp3", variant=disc, title="X", album="Box", artist="Covered")
    (folder / "Box/cover.png").write_bytes(png())


def _ape_only(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.mp3")
    tags = APEv2()
    tags.update(
        {"Title": "Monkey", "Artist": "Gibbon", "Album": "Trees", "Year": "2001", "Track": "3/9", "Genre": "Jungle"}
    )
    tags.save(path)


def _id3v1_only(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.mp3")
    fields = b"Old".ljust(30, b"\0") + b"Elder".ljust(30, b"\0") + b"Past".ljust(30, b"\0") + b"1996" + bytes(28)
    path.write_bytes(path.read_bytes() + b"TAG" + fields + b"\0\7" + bytes([17]))


def _stacked_id3(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.mp3", title="First", artist="Stack")
    other = shutil.copyfile(sounds.path("mp3"), folder / "second")
    tags = ID3()
    tags.add(TIT2(encoding=3, text="Second"))
    tags.save(other)
    path.write_bytes(path.read_bytes()[: _id3_size(path)] + Path(other).read_bytes())
    (folder / "second").unlink()


def _compressed_frames(folder: Path, sounds: Sounds) -> None:
    """Frames that are compressed as ID3v2.4 allows, and one that would inflate to gigabytes."""
    path = sounds.put(folder / "x.mp3")
    frames = _compressed(b"TIT2", b"\3Squeezed") + _compressed(b"TPE1", b"\3Press")
    bomb = zlib.compress(bytes(200_000_000), 9)
    frames += b"COMM" + syncsafe(len(bomb) + 4) + b"\0\x09" + syncsafe(0xFFFFFFF) + bomb
    frames += b"TALB" + syncsafe(len(bomb) + 4) + b"\0\x09" + syncsafe(0xFFFFFFF) + bomb
    path.write_bytes(b"ID3\4\0\0" + syncsafe(len(frames)) + frames + path.read_bytes()[_id3_size(path) :])


def _many_frames(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.mp3")
    frames = (b"TIT2" + syncsafe(5) + b"\0\0" + b"\3Lots") + (b"SYLT" + syncsafe(1) + b"\0\0" + b"\0") * 100_000
    path.write_bytes(b"ID3\4\0\0" + syncsafe(len(frames)) + frames + path.read_bytes()[_id3_size(path) :])


def _itunes_sizes(folder: Path, sounds: Sounds) -> None:
    """ID3v2.4 with plain sizes, as iTunes wrote them."""
    path = sounds.put(folder / "x.mp3")
    text = b"\3" + b"A" * 200
    frames = b"TIT2" + len(text).to_bytes(4) + b"\0\0" + text + b"TPE1" + (8).to_bytes(4) + b"\0\0" + b"\3Quayola"
    path.write_bytes(b"ID3\4\0\0" + syncsafe(len(frames)) + frames + path.read_bytes()[_id3_size(path) :])


def _lying_tag_size(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "Liar - Truth.mp3", title="unreadable")
    data = bytearray(path.read_bytes())
    data[6:10] = syncsafe(100_000_000)
    path.write_bytes(data)


def _genre_numbers(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "x.mp3", title="X", genre="(17)")
    sounds.put(folder / "y.mp3", title="Y", genre=["Jazz; Bebop", "Jazz"])


def _v22(folder: Path, sounds: Sounds) -> None:
    """ID3v2.2, with names of three letters."""
    path = sounds.put(folder / "x.mp3")
    frames = b"".join(
        name + len(text).to_bytes(3) + text
        for name, text in ((b"TT2", b"\0Short"), (b"TP1", b"\0Brief"), (b"TYE", b"\x001999"), (b"TRK", b"\0004/8"))
    )
    path.write_bytes(b"ID3\2\0\0" + syncsafe(len(frames)) + frames + path.read_bytes()[_id3_size(path) :])


def _gains(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "x.flac", title="X", replaygain_track_gain="-7.25 dB", replaygain_track_peak="0.988")
    sounds.put(folder / "y.opus", title="Y", r128_track_gain="256", r128_album_gain="-512")
    sounds.put(folder / "z.mp3", title="Z", replaygain_track_gain="lots", replaygain_track_peak="-3")


def _untagged_artist(folder: Path, sounds: Sounds) -> None:
    path = sounds.put(folder / "x.mp3")
    tags = ID3()
    tags.add(TPE1(encoding=3, text=["One", "Two"]))
    tags.save(path)


def _compressed(name: bytes, data: bytes) -> bytes:
    packed = zlib.compress(data)
    return name + syncsafe(len(packed) + 4) + b"\0\x09" + syncsafe(len(data)) + packed


def syncsafe(number: int) -> bytes:
    """Return a size as ID3v2 writes it: seven bits in each of four bytes."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _id3_size(path: Path) -> int:
    tags = MP3(path).tags
    return int(getattr(tags, "size", 0))


DATES = tuple(
    _date(number, text, year)
    for number, (text, year) in enumerate(
        (
            ("2023-05-01", 2023),
            ("20230501", 2023),
            ("2023", 2023),
            ("01/05/1999", 1999),
            ("5 May 1999", 1999),
            ("May 5, 1999", 1999),
            ("01051999", 1999),
            ("1999-2003", 1999),
            ("1999/2003", 1999),
            ("c. 1975", 1975),
            ("(P) 1984 Label", 1984),
            ("2023年5月1日", 2023),
            ("１９９９", 1999),
            ("1999-05-01T12:00:00Z", 1999),
            ("19990501T120000", 1999),
            ("'99", None),
            ("99", None),
            ("0000", None),
            ("0", None),
            ("no date", None),
            ("12345678901234567890", None),
        )
    )
)
CREDITS = (
    _credit(0, "Drake (feat. Rihanna)", "Drake", "Rihanna"),
    _credit(1, "Drake [ft. Rihanna]", "Drake", "Rihanna"),
    _credit(2, "Drake feat. Rihanna", "Drake", "Rihanna"),
    _credit(3, "Drake Featuring Rihanna", "Drake", "Rihanna"),
    _credit(4, "Drake (feat. Rihanna", "Drake", "Rihanna"),
    _credit(5, "Drake (feat. Rihanna) & Future", "Drake & Future", "Rihanna"),
    _credit(6, "Drake（feat. Rihanna）", "Drake", "Rihanna"),
    _credit(7, "Drake (FT Rihanna); Future [feat. Sza]", "Drake", "Rihanna", "Future", "Sza"),
    _credit(8, "Left (Band)", "Left (Band)"),
    _credit(9, "Featherweight", "Featherweight"),
    _credit(10, "Craft Spells", "Craft Spells"),
)
CASES: tuple[Case, ...] = (
    *DATES,
    *CREDITS,
    Case(
        name="release-dates",
        trick="only a release date or an original date",
        write=_release_dates,
        tracks={name: {"year": 1987} for name in ("release.mp3", "original.mp3", "vorbis.flac")},
    ),
    Case(
        name="picture-labels",
        trick="covers whose MIME type is wrong, empty or a half of one",
        write=_labels("image/jpg", "", "image/", "image/pjpeg", "PNG", "text/html", "-->"),
        tracks={f"{number}.{suffix}": {"picture": True} for number in range(7) for suffix in ("mp3", "flac")},
    ),
    Case(
        name="no-pictures",
        trick="covers that are called PNG, and are none",
        write=_no_pictures,
        tracks={f"{name}.mp3": {"picture": False} for name in ("text", "svg", "link")},
    ),
    Case(
        name="second-picture",
        trick="the first of two covers is none",
        write=_second_picture,
        tracks={"x.flac": {"picture": True}},
    ),
    Case(
        name="large-cover",
        trick="cover.png is too large, folder.png isn't",
        write=_large_cover,
        tracks={"x.mp3": {"picture": True}},
    ),
    Case(
        name="only-large-cover",
        trick="cover.png is too large, and there is no other",
        write=_only_large_cover,
        tracks={"x.mp3": {"picture": False}},
    ),
    Case(
        name="false-cover",
        trick="cover.jpg is a page of text, folder.jpg a picture",
        write=_false_cover,
        tracks={"x.mp3": {"picture": True}},
    ),
    Case(
        name="cover-above-discs",
        trick="the cover is in the folder around CD1 and CD2",
        write=_cover_above_discs,
        tracks={f"Box/CD{disc}/01 - X.mp3": {"picture": True, "disc_number": disc} for disc in (1, 2)},
        albums=(("Box", "Covered", 2),),
    ),
    Case(
        name="ape-only",
        trick="an MP3 with nothing but an APEv2 tag",
        write=_ape_only,
        tracks={
            "x.mp3": {
                "title": "Monkey",
                "artist": "Gibbon",
                "album": "Trees",
                "year": 2001,
                "track_number": 3,
                "genre": "Jungle",
            }
        },
    ),
    Case(
        name="id3v1-only",
        trick="an MP3 with nothing but an ID3v1 tag",
        write=_id3v1_only,
        tracks={"x.mp3": {"title": "Old", "artist": "Elder", "album": "Past", "year": 1996, "track_number": 7}},
    ),
    Case(
        name="stacked-id3",
        trick="two ID3 tags, one behind the other",
        write=_stacked_id3,
        tracks={"x.mp3": {"title": "First", "artist": "Stack", "duration": 1.0}},
    ),
    Case(
        name="compressed-frames",
        trick="compressed ID3 frames, two of which inflate to 200 MB",
        write=_compressed_frames,
        tracks={"x.mp3": {"title": "Squeezed", "artist": "Press", "album": None}},
    ),
    Case(
        name="many-frames",
        trick="a hundred thousand ID3 frames",
        write=_many_frames,
        tracks={"x.mp3": {"title": "Lots"}},
    ),
    Case(
        name="itunes-sizes",
        trick="ID3v2.4 frames with plain sizes, as iTunes wrote them",
        write=_itunes_sizes,
        tracks={"x.mp3": {"title": "A" * 200, "artist": "Quayola"}},
    ),
    Case(
        name="lying-tag-size",
        trick="an ID3 tag that claims to be larger than its file",
        write=_lying_tag_size,
        tracks={"Liar - Truth.mp3": {"title": "Truth", "artist": "Liar", "duration": 1.0}},
    ),
    Case(
        name="genres",
        trick="a genre by its number, and two in one text",
        write=_genre_numbers,
        tracks={"x.mp3": {"genres": ("Rock",)}, "y.mp3": {"genres": ("Bebop", "Jazz")}},
    ),
    Case(
        name="id3v2.2",
        trick="ID3v2.2, whose frames have names of three letters",
        write=_v22,
        tracks={"x.mp3": {"title": "Short", "artist": "Brief", "year": 1999, "track_number": 4}},
    ),
    Case(
        name="gains",
        trick="gains as ReplayGain, as R128 of Opus, and as nonsense",
        write=_gains,
        tracks={
            "x.flac": {"track_gain": -7.25, "track_peak": 0.988, "album_gain": None},
            "y.opus": {"track_gain": 6.0, "album_gain": 3.0},
            "z.mp3": {"track_gain": None, "track_peak": None},
        },
    ),
    Case(
        name="artist-only",
        trick="nothing is tagged but two artists",
        write=_untagged_artist,
        tracks={"x.mp3": {"title": "x", "artist": "One, Two", "artists": ("One", "Two"), "album": None}},
    ),
)
