"""The commands by which ffmpeg decodes one item, alone or with another one."""

import ssl
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from ...library.streaming.formats import CONTAINERS, DECODERS
from .audio import CHUNK_SAMPLES, AudioFormat, Fade, Overlay

PROTOCOLS: Final = "http,https,tcp,tls"
DEMUXERS: Final = ",".join(
    dict.fromkeys([*(container.demuxer for container in CONTAINERS.values()), "aac", "matroska"])
)
"""The demuxers of library files and of radio stations."""
READ_TIMEOUT_US: Final = 10_000_000
PREROLL_SECONDS: Final = 0.5
RAMP_SECONDS: Final = 0.15
"""How long music takes to become quieter for an announcement, and louder after it."""
RAMP_STEP: Final = 64
"""Samples of a step of that ramp, in which the volume is constant."""
STEP_SECONDS: Final = 0.01
"""Longer than a step: the ramp ends this long before the announcement begins."""
MAX_TEMPO: Final = 2.0
RECONNECTING: Final = ("-reconnect_streamed", "1", "-reconnect_at_eof", "1", "-reconnect_on_network_error", "1")
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Input(NamedTuple):
    """An item as an input of ffmpeg.

    Attributes:
        url: Where the item is.
        gain_db: The gain of its samples.
        length: The item's length in seconds, if more would be decoded.
        begins: The position in the item, in seconds, at which the audio at the address begins.
        speed: The speed at which it is heard.
        live: True for a radio station, to which ffmpeg connects anew when the connection ends.
    """

    url: str
    gain_db: float = 0.0
    length: float | None = None
    begins: float = 0.0
    speed: float = 1.0
    live: bool = False


def command(program: str, item: Input, position: float, audio_format: AudioFormat) -> list[str]:
    """Return the command that writes an item's audio to standard output.

    Args:
        program: The executable.
        item: The item.
        position: Where to begin, in seconds of the audio that is written.
        audio_format: The format to write.
    """
    position = position * item.speed - item.begins
    jump = _jump(position)
    filters = [*_shape(item, position), "aresample=dither_method=triangular", _layout(audio_format)]
    return [
        *_begin(program, (item, jump)),
        *("-map", "0:a:0", "-map_metadata", "-1", "-threads", "1", "-filter_threads", "1"),
        *("-af", ",".join(filters)),
        *_end(audio_format),
    ]


def fade_command(program: str, item: Input, before: Input, fade: Fade, audio_format: AudioFormat) -> list[str]:
    """Return the command that writes the end of an item, and another item that fades in there.

    Args:
        program: The executable.
        item: The item that fades in, from its beginning on.
        before: The item that fades out.
        fade: When.
        audio_format: The format to write. It has one rate, that of the item before.
    """
    (rate,) = audio_format.rates
    end = fade.position + fade.alone + fade.seconds
    common = f"aresample,aformat=sample_fmts=flt:sample_rates={rate}:channel_layouts={_channels(audio_format)}"
    ends = ",".join(
        [
            *_shape(before._replace(length=min(end, before.length or end)), fade.position),
            *(common, f"afade=t=out:curve=qsin:st={fade.alone:.6f}:d={fade.seconds:.6f}"),
        ]
    )
    begins = ",".join(
        [
            *_shape(item, 0.0),
            *(common, f"afade=t=in:curve=qsin:d={fade.seconds:.6f}", f"adelay={round(fade.alone * rate)}S:all=1"),
        ]
    )
    mixed = "amix=inputs=2:duration=longest:normalize=0,aresample=dither_method=triangular"
    return [
        *_begin(program, (before, _jump(fade.position)), (item, 0.0)),
        *("-filter_complex", f"[0:a:0]{ends}[a];[1:a:0]{begins}[b];[a][b]{mixed},{_layout(audio_format)}"),
        *("-map_metadata", "-1", "-threads", "1", "-filter_complex_threads", "1"),
        *_end(audio_format),
    ]


def overlay_command(
    program: str, item: Input, position: float, spoken: Input, overlay: Overlay, audio_format: AudioFormat
) -> list[str]:
    """Return the command that writes an item's audio with an announcement over it.

    Args:
        program: The executable.
        item: The item.
        position: Where to begin, in seconds of the audio that is written.
        spoken: The announcement.
        overlay: When.
        audio_format: The format to write.
    """
    common = f"aresample,aformat=sample_fmts=flt:channel_layouts={_channels(audio_format)}"
    begins = overlay.begins - position
    position = position * item.speed - item.begins
    ends = begins + overlay.seconds
    low = 1 - 10 ** (-overlay.ducking_db / 20)
    near = f"min(clip((t-{begins - RAMP_SECONDS - STEP_SECONDS:.6f})/{RAMP_SECONDS},0,1),clip(({ends + RAMP_SECONDS:.6f}-t)/{RAMP_SECONDS},0,1))"
    music = [
        *_shape(item, position),
        common,
        f"asetnsamples={RAMP_STEP}:p=0",
        f"volume='1-{low:.6f}*{near}':eval=frame",
    ]
    said = max(0.0, -begins)
    speech = [*_shape(spoken, said), common, *([f"adelay={begins * 1000:.3f}:all=1"] if begins > 0 else [])]
    mixed = "amix=inputs=2:duration=first:normalize=0,aresample=dither_method=triangular"
    return [
        *_begin(program, (item, _jump(position)), (spoken, _jump(said))),
        *(
            "-filter_complex",
            f"[0:a:0]{','.join(music)}[a];[1:a:0]{','.join(speech)}[b];[a][b]{mixed},{_layout(audio_format)}",
        ),
        *("-map_metadata", "-1", "-threads", "1", "-filter_complex_threads", "1"),
        *_end(audio_format),
    ]


def _begin(program: str, *inputs: tuple[Input, float]) -> list[str]:
    arguments = [program, "-nostdin", "-hide_banner", "-loglevel", "quiet"]
    for item, jump in inputs:
        arguments += ["-threads", "1", *input_options(item.url), *(RECONNECTING if item.live else ())]
        arguments += [*(("-ss", f"{jump:.6f}") if jump else ()), "-i", item.url]
    return arguments


def _end(audio_format: AudioFormat) -> tuple[str, ...]:
    return (*_encoder_options(audio_format), "-bitexact", "-flush_packets", "1", "pipe:1")


def _jump(position: float) -> float:
    """Return where to begin to decode: the first frames after a jump may be incomplete, those of MP3 refer to others."""
    return max(0.0, position - PREROLL_SECONDS)


def _shape(item: Input, position: float) -> list[str]:
    """Return the filters that cut an item from a position in it on, and apply its gain and its speed."""
    jump = _jump(position)
    begin = position - jump
    end = "" if item.length is None else f":end={max(begin, item.length - jump):.6f}"
    return [
        *([f"atrim=start={begin:.6f}{end}", "asetpts=PTS-STARTPTS"] if begin or end else []),
        *([f"volume={item.gain_db:.2f}dB"] if item.gain_db else []),
        *_tempo(item.speed),
    ]


def _tempo(speed: float) -> list[str]:
    """Return the filters that change the speed and keep the pitch. One leaves samples out above `MAX_TEMPO`."""
    if speed == 1:
        return []
    count = 1 if speed <= MAX_TEMPO else 2
    return [f"atempo={speed ** (1 / count):.9f}"] * count


def _layout(audio_format: AudioFormat) -> str:
    rates = "|".join(map(str, audio_format.rates))
    sample_format = "s16" if audio_format.bits == 16 else "s32"
    return f"aformat=sample_fmts={sample_format}:sample_rates={rates}:channel_layouts={_channels(audio_format)}"


def _channels(audio_format: AudioFormat) -> str:
    return {1: "mono", 2: "stereo"}.get(audio_format.channels, f"{audio_format.channels}c")


def input_options(url: str) -> list[str]:
    """Return the options that limit what an address can make ffmpeg do."""
    options = ["-rw_timeout", str(READ_TIMEOUT_US), "-reconnect", "1", "-reconnect_delay_max", "4"]
    parts = urlsplit(url)
    authorities = ssl.get_default_verify_paths().cafile
    if parts.scheme == "https" and parts.hostname not in LOOPBACK and authorities is not None:
        options += ["-tls_verify", "1", "-ca_file", authorities]
    return [*options, "-protocol_whitelist", PROTOCOLS, "-format_whitelist", DEMUXERS, "-codec_whitelist", DECODERS]


def _encoder_options(audio_format: AudioFormat) -> tuple[str, ...]:
    if audio_format.codec == "pcm":
        return ("-c:a", f"pcm_s{audio_format.bits}le", "-f", "wav")
    exact = () if audio_format.bits == 16 else ("-bits_per_raw_sample", "24")
    encoder = ("-c:a", "flac", "-compression_level", "3", "-frame_size", str(CHUNK_SAMPLES))
    # Pages this short have one packet each.
    return (*encoder, *exact, "-f", "ogg", "-page_duration", "1")
