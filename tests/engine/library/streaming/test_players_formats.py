"""The formats that players get, by those that they declared."""

import pytest

from custom_components.moosicbox.engine.library.streaming.formats import FORMATS, fallback_format, plays
from custom_components.moosicbox.engine.playback.media import accepted_types


@pytest.mark.parametrize(
    ("capabilities", "mime_type", "codec", "expected"),
    [
        (None, "audio/aiff", "pcm", True),
        (["pause", "seek"], "audio/aiff", "pcm", True),
        (["audio/flac"], "audio/flac", "flac", True),
        (["audio/x-flac"], "audio/flac", "flac", True),
        (["audio/mpeg"], "audio/flac", "flac", False),
        (["audio/mp3"], "audio/mpeg", "mp3", True),
        (["Audio/Ogg"], "audio/ogg", "opus", True),
        (['audio/ogg; codecs="opus"'], "audio/ogg", "opus", True),
        (['audio/ogg; codecs="opus"'], "audio/ogg", "vorbis", False),
        (["audio/mp4"], "audio/mp4", "aac", True),
        (["audio/mp4"], "audio/mp4", "alac", False),
        (["audio/mp4; codecs=alac"], "audio/mp4", "alac", True),
        (["audio/flac"], None, None, True),
        (["audio/new"], "audio/new", "new", True),
    ],
)
def test_formats_that_a_player_plays(
    capabilities: list[str] | None, mime_type: str | None, codec: str | None, expected: bool
) -> None:
    assert plays(accepted_types(capabilities), mime_type, codec) is expected


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (["audio/mpeg", "audio/ogg", "audio/flac"], "flac"),
        (["audio/mpeg", "audio/opus"], "opus"),
        (["audio/mpeg"], "mp3"),
        (["audio/aiff"], None),
    ],
)
def test_format_that_is_made_instead(capabilities: list[str], expected: str | None) -> None:
    made = fallback_format(accepted_types(capabilities))
    assert (made and made.name) == expected


def test_the_transcoded_format_is_the_requested_one() -> None:
    for made in FORMATS.values():
        assert fallback_format(frozenset({made.mime_type})) in FORMATS.values()
