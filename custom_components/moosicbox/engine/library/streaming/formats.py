"""The formats that players declare, those to which tracks are transcoded, and the containers that ffmpeg may read."""

from typing import Final, NamedTuple

from ...playback.media import Accepts

_DECLARED: Final = {
    ("audio/mpeg", "mp3"): {"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg"},
    ("audio/flac", "flac"): {"audio/flac", "audio/x-flac"},
    ("audio/ogg", "flac"): {"audio/ogg", "application/ogg", "audio/ogg;codecs=flac"},
    ("audio/ogg", "vorbis"): {"audio/ogg", "application/ogg", "audio/vorbis", "audio/ogg;codecs=vorbis"},
    ("audio/ogg", "opus"): {"audio/ogg", "application/ogg", "audio/opus", "audio/ogg;codecs=opus"},
    ("audio/mp4", "aac"): {"audio/mp4", "audio/x-m4a", "audio/m4a", "audio/aac", "audio/mp4;codecs=mp4a.40.2"},
    # A player of MP4 seldom plays ALAC.
    ("audio/mp4", "alac"): {"audio/alac", "audio/x-alac", "audio/mp4;codecs=alac"},
    ("audio/wav", "pcm"): {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"},
    ("audio/aiff", "pcm"): {"audio/aiff", "audio/x-aiff"},
}
"""The types by which players declare a codec in a container."""


class AudioContainer(NamedTuple):
    """A container: ffmpeg's name for it, and the decoders that may be used for its contents.

    Neither is left for ffmpeg to guess from a file that may be hostile: it would open the decoder of a video beside the
    music, or follow a playlist anywhere.
    """

    demuxer: str
    decoders: tuple[str, ...]


_PCM: Final = (
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le"),
    *("pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt"),
)
CONTAINERS: Final = {
    "audio/mpeg": AudioContainer("mp3", ("mp3float", "mp3", "mp2float", "mp2")),
    "audio/flac": AudioContainer("flac", ("flac",)),
    "audio/ogg": AudioContainer("ogg", ("vorbis", "libvorbis", "opus", "libopus", "flac")),
    "audio/mp4": AudioContainer("mov", ("aac", "aac_fixed", "libfdk_aac", "alac")),
    "audio/wav": AudioContainer("wav", (*_PCM, "mp3float", "mp3")),
    "audio/aiff": AudioContainer("aiff", _PCM),
}
"""The containers by the MIME types of files."""
DECODERS: Final = ",".join(dict.fromkeys(name for container in CONTAINERS.values() for name in container.decoders))
"""The decoders of all containers."""


class Format(NamedTuple):
    """A format that tracks are transcoded to."""

    name: str
    mime_type: str
    codec: str
    arguments: tuple[str, ...]
    bytes_per_second: int
    """Of average music, to estimate the size of a transcoded track."""


FORMATS: Final = {
    made.name: made
    for made in (
        Format("flac", "audio/flac", "flac", ("-c:a", "flac", "-compression_level", "3", "-f", "flac"), 180_000),
        Format("opus", "audio/ogg", "opus", ("-c:a", "libopus", "-b:a", "160k", "-f", "ogg"), 21_000),
        Format("mp3", "audio/mpeg", "mp3", ("-c:a", "libmp3lame", "-b:a", "256k", "-f", "mp3"), 32_000),
    )
}
"""The best first: the lossless one, then the smaller ones."""


def plays(accepts: Accepts, mime_type: str | None, codec: str | None) -> bool:
    """Return whether a player that accepts these types plays `codec` in `mime_type`; true if either is unknown."""
    if accepts is None or mime_type is None:
        return True
    if mime_type in CONTAINERS and codec and (mime_type, codec) not in _DECLARED:
        # A codec that its container rarely has, as ADPCM in a WAV.
        return False
    return not accepts.isdisjoint(_DECLARED.get((mime_type, codec or ""), {mime_type}))


def fallback_format(accepts: Accepts) -> Format | None:
    """Return the format to which tracks are transcoded that a player can't play; None if it plays no such format."""
    return next((made for made in FORMATS.values() if plays(accepts, made.mime_type, made.codec)), None)
