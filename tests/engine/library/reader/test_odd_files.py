"""Files that are broken or lie, with names in every script and in none."""

import os
from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.library import Library
from script.lib.sounds import FORMATS, Sounds, png, tag

NAMES = [
    *(
        "Ягода",
        "東京事変 - 林檎の唄",
        "مارسيل خليفة",
        "חנוך",
        "เพลง",
        "हिन्दी गीत",
        "👩‍🎤 Ziggy",
        "Zoë",
        "e\u0301te\u0301",
    ),
    *("a\nb", "tab\there", "..hidden not", "quo'te\"s", "%2e%2e", "per:cent&", "trailing ", "-rf", "*?[x]"),
]


async def titles(library: Library) -> set[str]:
    return {track.title for track in (await library.get_tracks(limit=500)).items}


@pytest.mark.parametrize("kind", FORMATS)
async def test_broken_files_do_not_disturb_the_others(kind: str, sounds: Sounds, music: Path, library: Library) -> None:
    suffix = FORMATS[kind][0]
    whole = sounds.path(kind).read_bytes()
    sounds.put(music / f"good.{suffix}", kind, title="Good")
    (music / f"zero.{suffix}").touch()
    (music / f"text.{suffix}").write_text("this is no music" * 100)
    (music / f"zeros.{suffix}").write_bytes(bytes(10_000))
    for part in (10, 100, 1_000):
        (music / f"cut-{part}.{suffix}").write_bytes(whole[:part])
    (music / f"tail.{suffix}").write_bytes(whole[50:])
    noise = bytearray(whole)
    for at in range(20, min(len(noise), 2_000), 7):
        noise[at] ^= 0xFF
    (music / f"noise.{suffix}").write_bytes(noise)
    await library.scan()
    assert "Good" in await titles(library)
    assert "zero" not in await titles(library)
    assert not library.progress.scanning


async def test_a_file_is_what_it_holds_not_what_it_says(sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / "lie.flac", title="Lie").rename(music / "lie.mp3")
    (music / "picture.mp3").write_bytes(png())
    os.mkfifo(music / "pipe.mp3")
    (music / "folder.mp3").mkdir()
    await library.scan()
    (track,) = (await library.get_tracks()).items
    assert (track.title, track.codec, track.mime_type) == ("Lie", "flac", "audio/flac")


async def test_a_huge_tag_is_bounded(sounds: Sounds, music: Path, library: Library) -> None:
    path = sounds.put(music / "x.mp3", title="X" * 100_000, picture=bytes(20_000_000))
    size = 100 * 1024 * 1024
    liar = sounds.put(music / "liar.mp3", title="Liar", variant=1)
    with liar.open("r+b") as file:
        file.seek(6)
        file.write(bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]))
    await library.scan()
    tracks = {track.title: track for track in (await library.get_tracks()).items}
    # The size of the second one's tag is a lie; its sound is played all the same.
    assert tracks.keys() == {"X" * 500, "liar"}
    track = tracks["X" * 500]
    assert await library.artwork(track.track_id) is None
    assert path.stat().st_size > 20_000_000


@pytest.mark.parametrize("name", NAMES)
async def test_names_in_every_script(name: str, sounds: Sounds, music: Path, library: Library) -> None:
    path = sounds.put(music / name / f"{name}.mp3")
    tagged = sounds.put(music / "tagged.mp3", title=name, artist=name, album=name, variant=1)
    await library.scan()
    found = {(await library.track_path(t.track_id)).path: t for t in (await library.get_tracks()).items}
    assert found.keys() == {path, tagged} if not name.startswith(".") else {tagged}
    kinds = [hit.kind for hit in (await library.search(name)).items]
    assert {"artist", "album", "track"} <= set(kinds)


async def test_file_names_that_are_no_text_are_kept(sounds: Sounds, music: Path, library: Library) -> None:
    folder = os.fsencode(music) + b"/bad-\xff\xfe"
    path = Path(os.fsdecode(folder)) / os.fsdecode(b"caf\xe9.mp3")
    sounds.put(path)
    await library.scan()
    (track,) = (await library.get_tracks()).items
    assert track.title == "caf?"
    assert (await library.track_path(track.track_id)).path == path
    path.rename(path.with_name(os.fsdecode(b"\xe9\xe9.mp3")))
    await library.scan()
    (moved,) = (await library.get_tracks()).items
    assert moved.track_id == track.track_id


async def test_very_long_paths(sounds: Sounds, music: Path, library: Library) -> None:
    folder = music
    for _ in range(12):
        folder /= "d" * 250
    # Longer than what may be opened at once: made from inside.
    here = Path.cwd()
    try:
        os.chdir(music)
        for _ in range(12):
            os.makedirs("d" * 250, exist_ok=True)  # noqa: PTH103 - relative, on purpose
            os.chdir("d" * 250)
        sounds.put(Path("deep.mp3"), title="Deep")
    finally:
        os.chdir(here)
    sounds.put(music / f"{'n' * 250}.mp3", title="Long", variant=1)
    await library.scan()
    assert await titles(library) == {"Deep", "Long"}


async def test_links_lead_nowhere(sounds: Sounds, music: Path, library: Library, tmp_path: Path) -> None:
    outside = sounds.put(tmp_path / "outside/secret.mp3", title="Secret")
    (music / "link.mp3").symlink_to(outside)
    (music / "folder").symlink_to(outside.parent)
    (music / "loop").symlink_to(music)
    (music / "dangling.mp3").symlink_to(tmp_path / "nothing.mp3")
    sounds.put(music / "own.mp3", title="Own", variant=1)
    await library.scan()
    assert await titles(library) == {"Own"}


async def test_surrogates_in_tags(sounds: Sounds, music: Path, library: Library) -> None:
    path = sounds.put(music / "x.flac")
    tag(path, title="zap", artist="nul")
    path.write_bytes(
        path.read_bytes().replace(b"TITLE=zap", b"TITLE=\xed\xa0\x80").replace(b"ARTIST=nul", b"ARTIST=n\x00l")
    )
    await library.scan()
    (track,) = (await library.get_tracks()).items
    assert track.title.isprintable()
