"""Playlists with paths of other systems, links, and files that change without looking changed."""

import os
from pathlib import Path
import unicodedata

from script.lib.sounds import Sounds, tag

from .case import Case

NFD, NFC = unicodedata.normalize("NFD", "Été"), unicodedata.normalize("NFC", "Été")


def _songs(folder: Path, sounds: Sounds) -> None:
    sounds.put(folder / "Artist/Album One/01 Song.flac", title="Song", artist="Lister", variant=0)
    sounds.put(folder / f"Artist/Album One/{NFC}.flac", title=NFC, artist="Lister", variant=1)


def _playlist(name: str, *lines: str, encoding: str = "utf-8") -> Case:
    def write(folder: Path, sounds: Sounds) -> None:
        _songs(folder, sounds)
        text = "\n".join(("#EXTM3U", *lines, ""))
        (folder / f"{name}.m3u").write_bytes(text.replace("{folder}", str(folder)).encode(encoding))

    return Case(name=f"list-{name}", trick=f"a playlist: {name}", write=write, playlists={name: (("Song", NFC), ())})


def _missing(folder: Path, sounds: Sounds) -> None:
    _songs(folder, sounds)
    (folder / "gaps.m3u").write_text(
        "nowhere.mp3\nArtist/Album One/01 Song.flac\nhttp://radio/stream\n../Other/é.mp3\n"
    )


def _same_names(folder: Path, sounds: Sounds) -> None:
    for album in ("A", "B"):
        sounds.put(folder / f"X/{album}/01.flac", title=album, artist="Lister", variant=0 if album == "A" else 1)
    (folder / "same.m3u").write_text("D:\\Music\\X\\b\\01.FLAC\n/mnt/x/A/01.flac\n01.flac\n")


def _raw_bytes(folder: Path, sounds: Sounds) -> None:
    name = os.fsdecode(b"caf\xe9.flac")
    sounds.put(folder / name, title="Bytes", artist="Lister")
    (folder / "raw.m3u").write_bytes(b"caf\xe9.flac\n")


def _links(folder: Path, sounds: Sounds) -> None:
    outside = folder.parent.parent / "outside"
    sounds.put(outside / "secret.flac", title="Secret", artist="Outsider")
    sounds.put(folder / "real/own.flac", title="Own", artist="Insider")
    (folder / "outlink").symlink_to(outside)
    (folder / "secret.flac").symlink_to(outside / "secret.flac")
    (folder / "loop").symlink_to(folder)
    (folder / "real/up").symlink_to(folder.parent)
    (folder / "slash").symlink_to("/")
    (folder / "linked.m3u").symlink_to(folder / "real/list.m3u")
    (folder / "real/cover.png").symlink_to("/etc/passwd")


def _kept_times(folder: Path, sounds: Sounds) -> None:
    path = folder / "x.flac"
    before = path.stat()
    data = path.read_bytes()
    path.write_bytes(data.replace(b"Before", b"Behind"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _becomes_text(folder: Path, sounds: Sounds) -> None:
    (folder / "x.flac").write_text("no music any more")
    tag(folder / "y.flac", title="Still")


CASES: tuple[Case, ...] = (
    _playlist("plain", "Artist/Album One/01 Song.flac", f"Artist/Album One/{NFC}.flac"),
    _playlist("decomposed", "Artist/Album One/01 Song.flac", f"Artist/Album One/{NFD}.flac"),
    _playlist("quoted", "Artist/Album%20One/01%20Song.flac", "Artist/Album%20One/%C3%89t%C3%A9.flac"),
    _playlist("utf-16", "Artist\\Album One\\01 Song.flac", f"Artist\\Album One\\{NFC}.flac", encoding="utf-16"),
    _playlist("utf-16-bare", "Artist\\Album One\\01 Song.flac", f"Artist\\Album One\\{NFC}.flac", encoding="utf-16-le"),
    _playlist("latin", "Artist/Album One/01 Song.flac", f"Artist/Album One/{NFC}.flac", encoding="latin-1"),
    _playlist("case", "ARTIST/album one/01 SONG.FLAC", f"artist/Album ONE/{NFC.upper()}.flac"),
    _playlist("drive", "D:\\Music\\Artist\\Album One\\01 Song.flac", f"d:\\Artist\\Album One\\{NFC}.flac"),
    _playlist(
        "uri", "file:///C:/Music/Artist/Album%20One/01%20Song.flac", "file://nas/Artist/Album%20One/%C3%89t%C3%A9.flac"
    ),
    _playlist("absolute", "{folder}/Artist/Album One/01 Song.flac", f"/volume1/music/Artist/Album One/{NFC}.flac"),
    _playlist("dots", "./Artist/../Artist/Album One/01 Song.flac", f"Artist\\.\\Album One\\{NFC}.flac"),
    _playlist("old-mac", f"Artist/Album One/01 Song.flac\r#EXTINF:1,x\rArtist/Album One/{NFC}.flac\r"),
    Case(
        name="list-gaps",
        trick="a playlist with lines that name nothing here",
        write=_missing,
        playlists={"gaps": (("Song",), ("nowhere.mp3", "../Other/é.mp3"))},
    ),
    Case(
        name="list-same-names",
        trick="a playlist of files with one name in several folders",
        write=_same_names,
        playlists={"same": (("B", "A"), ("01.flac",))},
    ),
    Case(
        name="list-bytes",
        trick="a file's name that is no text",
        write=_raw_bytes,
        playlists={"raw": (("Bytes",), ())},
    ),
    Case(
        name="links",
        trick="links to folders outside, around, and to /",
        write=_links,
        tracks={
            "real/own.flac": {"title": "Own", "picture": False},
            "outlink/secret.flac": None,
            "secret.flac": None,
            "loop/real/own.flac": None,
        },
        artists=frozenset({"Insider"}),
    ),
    Case(
        name="kept-times",
        trick="a file is retagged, and keeps its size and time",
        write=lambda folder, sounds: sounds.put(folder / "x.flac", title="Before", artist="Clock"),
        change=_kept_times,
        tracks={"x.flac": {"title": "Behind"}},
    ),
    Case(
        name="becomes-text",
        trick="a music file is overwritten with text",
        write=lambda folder, sounds: [
            sounds.put(folder / f"{name}.flac", title=name, variant=number) for number, name in enumerate(("x", "y"))
        ],
        change=_becomes_text,
        tracks={"x.flac": None, "y.flac": {"title": "Still"}},
    ),
)
