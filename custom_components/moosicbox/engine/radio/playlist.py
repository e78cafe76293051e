"""The playlists that radio stations publish instead of the addresses of their streams: M3U and PLS. No I/O."""

import re
from typing import Final, NamedTuple
from urllib.parse import urljoin

from ..fetching import decode_text
from ..playback.addresses import is_http_url

MAX_ENTRIES: Final = 20
"""Entries of a playlist that are read."""

_PLS_FILE: Final = re.compile(r"^File(\d{1,4})\s*=\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_PLS_TITLE: Final = re.compile(r"^Title1\s*=\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_M3U_TITLE: Final = re.compile(r"^#EXTINF:[^,\n]*,(.+)$", re.IGNORECASE | re.MULTILINE)


class StreamPlaylist(NamedTuple):
    """The http(s) addresses that a playlist names, in order, and the title of the first one."""

    urls: tuple[str, ...]
    title: str | None = None
    is_stream: bool = False
    """True if the playlist is a stream itself (HLS), which players read."""


def parse_playlist(data: bytes, base_url: str) -> StreamPlaylist | None:
    """Return the playlist in `data`, `None` if it isn't M3U or PLS; entries are relative to `base_url`."""
    text = decode_text(data).replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip()
    if "\0" in text or start.startswith("<"):
        return None
    if start[:10].lower() == "[playlist]":
        entries = [entry for _, entry in sorted((int(number), entry) for number, entry in _PLS_FILE.findall(text))]
        title = _PLS_TITLE.search(text)
    else:
        if "#EXT-X-" in text:
            return StreamPlaylist((base_url,), is_stream=True)
        entries = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
        title = _M3U_TITLE.search(text)
    urls = (urljoin(base_url, entry.strip()) for entry in entries[:MAX_ENTRIES])
    return StreamPlaylist(tuple(url for url in urls if is_http_url(url)), title[1].strip() or None if title else None)
