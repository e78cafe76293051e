"""The index's file: it survives its process being killed, and its own damage."""

import asyncio
from pathlib import Path
import signal
import sqlite3
import stat
import subprocess
import sys
from typing import Any

import pytest

from custom_components.moosicbox import engine
from custom_components.moosicbox.engine.library.index.connection import check, connect
from custom_components.moosicbox.engine.library.index.schema import STEPS
from custom_components.moosicbox.engine.library.index.stations import StationFields
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.protocol.errors import Unavailable
from custom_components.moosicbox.engine.protocol.library_request import PlaylistEdit
from script.lib.sounds import Sounds

ENGINE = Path(engine.__path__[0])
# As the scanner, without Home Assistant's side, whose imports take twenty times as long.
WRITER = """
import sys
from pathlib import Path
sys.path.append(sys.argv[3])
from engine.library.index.connection import connect, transaction
from engine.library.index.found import FoundTrack
from engine.library.index.schema import migrate
from engine.library.index.writer import IndexWriter
index = connect(Path(sys.argv[1]))
migrate(index)
number = int(sys.argv[2])

def found(n):
    file = {"folder": b"/music", "volume": b"/music", "name": b"%d.mp3" % n, "size": 1, "mtime_ns": 1}
    tags = {"title": f"Title {n}", "artist": f"Artist {n % 50}", "album": f"Album {n % 200}"}
    return FoundTrack(**file, **tags, artists=(tags["artist"],), fingerprint=f"{n:032x}")

while True:
    batch = [found(n) for n in range(number, number + 20)]
    transaction(index, lambda index: IndexWriter().write(index, batch))
    number += 20
    print(number, flush=True)
"""


@pytest.mark.process
def test_a_killed_writer_leaves_whole_batches(tmp_path: Path) -> None:
    """Each batch that was reported as written is complete; no batch is written in part."""
    path, written = tmp_path / "library.db", 0
    for patience in range(4):
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-c", WRITER, str(path), str(written), str(ENGINE.parent)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for _ in range(3 + 5 * patience):
            written = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.wait()
        written = int(rest[-1]) if rest else written
        index = connect(path)
        check(index)
        (tracks,) = index.execute("SELECT count(*) FROM tracks").fetchone()
        (entries,) = index.execute("SELECT count(*) FROM search WHERE rowid >= 3 << 40 AND rowid < 4 << 40").fetchone()
        (sums,) = index.execute("SELECT sum(tracks) FROM albums").fetchone()
        assert tracks >= written
        assert tracks % 20 == 0
        assert tracks == entries == sums
        index.execute("INSERT INTO search(search) VALUES ('integrity-check')")
        index.close()
        written = tracks


def group(leader: int) -> list[Path]:
    """The processes of a group that still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group_id = (process / "stat").read_text().rpartition(")")[2].split()[:3]
        except FileNotFoundError, ProcessLookupError:
            continue
        if group_id == str(leader) and state != "Z":
            found.append(process)
    return found


async def test_a_scan_that_is_interrupted_goes_on(
    sounds: Sounds, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that were written aren't read again; none of the scan's processes is left."""
    scanners: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def remember(*command: Any, **options: Any) -> asyncio.subprocess.Process:
        scanners.append(await start(*command, **options))
        return scanners[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", remember)
    for number in range(200):
        sounds.put(music / f"{number}.mp3")
    path = tmp_path / "library.db"
    library = Library(path, [music], 0)
    await library.start()
    some = asyncio.Event()
    library.progressed.subscribe(lambda progress: some.set() if progress.added else None)
    library.request_scan()
    await some.wait()
    await library.stop()
    (scanner,) = scanners
    assert scanner.returncode == -signal.SIGKILL
    async with asyncio.timeout(60):
        while group(scanner.pid):  # noqa: ASYNC110 - the system ends them
            await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await library.get_tracks()

    await library.start()
    already = library.counts.tracks
    assert already > 0
    await library.scan()
    assert library.counts.tracks == 200
    assert library.progress.added == 200 - already
    await library.stop()


def spoil(path: Path, how: str) -> None:
    match how:
        case "overwritten":
            path.write_bytes(b"this is no database" * 1_000)
        case "holes":
            data = bytearray(path.read_bytes())
            for at in range(4_096 * 2, len(data), 4_096 * 3):
                data[at : at + 600] = bytes(600)
            path.write_bytes(data)
        case "cut":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        case "newer":
            with sqlite3.connect(path) as index:
                index.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
            index.close()


@pytest.mark.parametrize("how", ["overwritten", "holes", "cut", "newer"])
async def test_a_damaged_index_begins_anew(how: str, sounds: Sounds, music: Path, tmp_path: Path) -> None:
    for number in range(3):
        sounds.put(music / f"{number}.flac", variant=number, title=f"T{number}", album="A", genre="G")
    path = tmp_path / "library.db"
    library = Library(path, [music], 0)
    await library.start()
    await library.scan()
    ids = {track.title: track.track_id for track in (await library.get_tracks()).items}
    await library.set_favourite(ids["T1"])
    await library.people.count_play(ids["T2"])
    await library.edit_playlist(None, PlaylistEdit(name="Mine", add=(ids["T0"], ids["T2"])))
    station = await library.put_station("http://radio.example/live", StationFields("Tides FM", "DE", "Jazz"))
    await library.set_favourite(station.station_id)
    await library.stop()
    spoil(path, how)

    aside: list[Path] = []
    library = Library(path, [music], 0)
    library.rebuilt.subscribe(aside.append)
    await library.start()
    assert aside == [tmp_path / "library.db.damaged"]
    assert aside[0].exists()
    await library.scan()
    tracks = {track.title: track for track in (await library.get_tracks()).items}
    assert {title: track.track_id for title, track in tracks.items()} == ids
    if how == "newer":
        # Nothing of it is damaged: all that people made is brought over.
        assert (tracks["T1"].favourite, tracks["T2"].play_count) == (True, 1)
        (playlist,) = (await library.get_playlists()).items
        assert [t.title for t in (await library.playlist(playlist.playlist_id)).tracks] == ["T0", "T2"]
        (kept,) = (await library.get_stations()).items
        assert (kept.station_id, kept.name, kept.genre, kept.favourite) == (
            station.station_id,
            "Tides FM",
            "Jazz",
            True,
        )
        assert (await library.search("tides")).items[0].item == kept
    await library.stop()


async def test_an_index_damaged_in_use_is_replaced(
    sounds: Sounds, music: Path, library: Library, tmp_path: Path
) -> None:
    for number in range(3):
        sounds.put(music / f"{number}.flac", variant=number)
    await library.scan()
    aside: list[Path] = []
    library.rebuilt.subscribe(aside.append)
    path = tmp_path / "index/library.db"
    await library._database.write(lambda index: None)
    with sqlite3.connect(path) as index:
        index.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    index.close()
    with path.open("r+b") as file:
        file.write(b"x" * 40_000)
    with pytest.raises(Unavailable, match="anew"):
        await library._database.write(lambda index: index.execute("UPDATE tracks SET size = size + 1"))
    await library.scan()
    assert len(aside) == 1
    assert library.counts.tracks == 3


async def test_a_full_disk_is_no_damage(library: Library) -> None:
    def fail(_index: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    aside: list[Path] = []
    library.rebuilt.subscribe(aside.append)
    with pytest.raises(Unavailable, match="full"):
        await library._database.write(fail)
    assert aside == []
    assert (await library.get_tracks()).total == 0


async def test_only_its_owner_may_read_the_index(sounds: Sounds, music: Path, library: Library, tmp_path: Path) -> None:
    sounds.put(music / "a.mp3", title="A")
    await library.scan()
    files = list((tmp_path / "index").iterdir())
    assert {file.name for file in files} >= {"library.db", "library.db-wal"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "index").stat().st_mode) == 0o700


async def test_an_index_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "library.db").touch(mode=0o644)
    library = Library(tmp_path / "library.db")
    await library.start()
    await library.stop()
    assert stat.S_IMODE((tmp_path / "library.db").stat().st_mode) == 0o600
