"""Files with bytes changed at random: each gets an answer, and none ends the reader process."""

from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.moosicbox.engine.library.reader.client import ReaderProcess
from custom_components.moosicbox.engine.library.reader.messages import (
    FilePicture,
    FilePlaylist,
    FileTags,
    ReadingFailed,
    ReadPicture,
    ReadPlaylist,
    ReadTags,
)
from script.lib.sounds import FORMATS, FULL, Sounds, png

pytestmark = pytest.mark.process

MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from([b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0\0\0\0\0", b"TIT2"])),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    """A reader process for all of the files."""
    process = ReaderProcess()
    yield process
    process.close()
    process.wait()


def mutated(data: bytes, mutations: list[tuple[float, bytes]], cut: float) -> bytes:
    """Bytes with some replaced, most of them near the start, and the end cut off."""
    changed = bytearray(data)
    for place, new in mutations:
        at = int(place**3 * len(changed))
        changed[at : at + len(new)] = new
    return bytes(changed[: max(1, int(cut * len(changed)))])


@pytest.mark.parametrize("kind", FORMATS)
@given(mutations=MUTATIONS, cut=st.sampled_from([1.0, 1.0, 0.5, 0.02]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_music_is_answered(
    kind: str, mutations: list[tuple[float, bytes]], cut: float, sounds: Sounds, reader: ReaderProcess, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    if not (whole := tmp_path / f"whole.{FORMATS[kind][0]}").exists():
        sounds.put(whole, kind, picture=png(), **FULL)
    path.write_bytes(mutated(whole.read_bytes(), mutations, cut))
    reply = reader.ask(ReadTags(bytes(tmp_path), bytes(path)))
    assert isinstance(reply, FileTags) or reply == ReadingFailed("unsupported")
    picture = reader.ask(ReadPicture(bytes(tmp_path), bytes(path), embedded=True, edge=64))
    assert isinstance(picture, FilePicture) or picture == ReadingFailed("unsupported")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@given(mutations=MUTATIONS, cut=st.sampled_from([1.0, 1.0, 0.5]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_pictures_are_answered(
    kind: str, mutations: list[tuple[float, bytes]], cut: float, reader: ReaderProcess, tmp_path: Path
) -> None:
    from PIL import Image  # noqa: PLC0415 - of the test only

    if not (whole := tmp_path / "whole").exists():
        Image.effect_noise((200, 100), 40).convert("RGB").save(whole, kind)
    path = tmp_path / "picture"
    path.write_bytes(mutated(whole.read_bytes(), mutations, cut))
    reply = reader.ask(ReadPicture(bytes(tmp_path), bytes(path), embedded=False, edge=64))
    assert isinstance(reply, FilePicture) or reply == ReadingFailed("unsupported")


@given(data=st.binary(max_size=2_000))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_mutated_playlists_are_answered(data: bytes, reader: ReaderProcess, tmp_path: Path) -> None:
    path = tmp_path / "list.m3u"
    path.write_bytes(data)
    assert isinstance(reader.ask(ReadPlaylist(bytes(tmp_path), bytes(path))), FilePlaylist)
