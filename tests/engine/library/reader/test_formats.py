"""Every format, with every tag that it can hold, and with none."""

from pathlib import Path

import pytest

from custom_components.moosicbox.engine.library.library import Library
from script.lib.sounds import FORMATS, FULL, Sounds, png

CODECS = {"ogg": "vorbis", "oga": "flac", "wav": "pcm", "aiff": "pcm"}
MIME_TYPES = {
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "oga": "audio/ogg",
    "aac": "audio/mp4",
    "alac": "audio/mp4",
    "wav": "audio/wav",
    "aiff": "audio/aiff",
}


@pytest.mark.parametrize("kind", FORMATS)
async def test_all_tags_are_read(kind: str, sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / f"x.{FORMATS[kind][0]}", kind, picture=png(), **FULL)
    await library.scan()
    (found,) = (await library.get_tracks()).items
    track = await library.track(found.track_id)
    assert track.title == "So What"
    assert track.artist == "Miles Davis, John Coltrane"
    assert track.artists == ("Miles Davis", "John Coltrane")
    assert (track.album, track.album_artist) == ("Kind of Blue", "Miles Davis")
    assert track.genres == ("Jazz", "Modal")
    assert (track.year, track.track_number, track.disc_number) == (1959, 1, 1)
    assert track.compilation
    assert track.lyrics == "no words\nat all"
    assert (track.track_gain, track.track_peak) == (-6.5, 0.975)
    assert track.duration == pytest.approx(1, abs=0.15)
    assert track.codec == CODECS.get(kind, kind)
    assert track.sample_rate in (44_100, 48_000)
    assert (await library.track_path(track.track_id)).mime_type == MIME_TYPES[kind]
    picture = await library.artwork(track.track_id)
    assert picture is not None
    assert (picture.data, picture.mime_type) == (png(), "image/png")
    assert track.artwork_url == library.seal.sign_artwork(track.album_id or "")
    assert track.media_content_id == f"media-source://moosicbox/track/{track.track_id}"


@pytest.mark.parametrize("kind", FORMATS)
async def test_without_tags_it_is_named_from_its_path(kind: str, sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / f"Nina Simone/Pastel Blues (1965)/CD2/07 - Sinnerman.{FORMATS[kind][0]}", kind)
    await library.scan()
    (track,) = (await library.get_tracks()).items
    assert (track.title, track.artist, track.album, track.year) == ("Sinnerman", "Nina Simone", "Pastel Blues", 1965)
    assert (track.disc_number, track.track_number) == (2, 7)


async def test_opus_gain_of_its_own_kind(sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / "x.opus", title="X", r128_track_gain="-1536")
    await library.scan()
    (track,) = (await library.get_tracks()).items
    assert (await library.track(track.track_id)).track_gain == -1.0


async def test_picture_in_the_folder(sounds: Sounds, music: Path, library: Library) -> None:
    sounds.put(music / "a/x.mp3", title="X", artist="A", album="Y")
    await library.scan()
    (track,) = (await library.get_tracks()).items
    assert track.artwork_url is None
    (music / "a/Folder.png").write_bytes(png(1))
    (music / "a/cover.png").write_bytes(png(2))
    await library.scan()
    (album,) = (await library.get_albums()).items
    assert album.artwork_url == library.seal.sign_artwork(album.album_id)
    (artist,) = (await library.get_artists()).items
    assert artist.artwork_url == album.artwork_url
    for id_ in (album.album_id, artist.artist_id, track.track_id):
        picture = await library.artwork(id_)
        assert picture is not None
        assert picture.data == png(2)
