"""Which formats a player plays by what it declared, and which one it is given instead."""

from typing import Final, NamedTuple

from ...playback.media import Accepts

_DECLARED: Final = {
    ("audio/mpeg", "mp3"): {"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg"},
    ("audio/flac", "flac"): {"audio/flac", "audio/x-flac"},
    ("audio/ogg", "flac"): {"audio/ogg", "application/ogg", "audio/ogg;codecs=flac"},
    ("audio/ogg", "vorbis"): {"audio/ogg", "application/ogg", "audio/vorbis", "audio/ogg;codecs=vorbis"},
    ("audio/ogg", "opus"): {"audio/ogg", "application/ogg", "audio/opus", "audio/ogg;codecs=opus"},
    ("audio/mp4", "aac"): {"audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac", "audio/mp4;codecs=mp4a.40.2"},
    # Who plays MP4 seldom plays what Apple alone puts into it.
    ("audio/mp4", "alac"): {"audio/alac", "audio/x-alac", "audio/mp4;codecs=alac"},
    ("audio/wav", "pcm"): {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"},
    ("audio/aiff", "pcm"): {"audio/aiff", "audio/x-aiff"},
}
"""The names that players have for what is in a container."""

DEMUXERS: Final = {
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/mp4": "mov",
    "audio/wav": "wav",
    "audio/aiff": "aiff",
}
"""ffmpeg's names for the containers. It isn't left to guess: a playlist with another name would lead it anywhere."""


class Format(NamedTuple):
    """What a track can be made into."""

    name: str
    mime_type: str
    codec: str
    arguments: tuple[str, ...]


FORMATS: Final = {
    made.name: made
    for made in (
        Format("flac", "audio/flac", "flac", ("-c:a", "flac", "-compression_level", "3", "-f", "flac")),
        Format("opus", "audio/ogg", "opus", ("-c:a", "libopus", "-b:a", "160k", "-f", "ogg")),
        Format("mp3", "audio/mpeg", "mp3", ("-c:a", "libmp3lame", "-b:a", "256k", "-f", "mp3")),
    )
}
"""The best first: without loss, then the smaller ones."""


def plays(accepts: Accepts, mime_type: str | None, codec: str | None) -> bool:
    """Whether a player that accepts this plays `codec` in `mime_type`; what isn't known is worth a try."""
    if accepts is None or mime_type is None:
        return True
    names = _DECLARED.get((mime_type, codec or ""), {mime_type})
    return not accepts.isdisjoint(names)


def instead(accepts: Accepts) -> Format | None:
    """The format that such a player is given for what it can't play."""
    return next((made for made in FORMATS.values() if plays(accepts, made.mime_type, made.codec)), None)
