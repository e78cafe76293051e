"""Feeds of podcasts. Runs in the reader process only."""

from collections.abc import Iterable
from html.parser import HTMLParser
from io import BytesIO
import re
from typing import Any, Final, override

from ...playback.addresses import is_http_url
from .chapters import chapters_of
from .fields import clean, line
from .messages import ChapterStart, FeedEpisode, PodcastFeed

MAX_EPISODES: Final = 1_000
MAX_DESCRIPTION: Final = 4_000
"""Characters."""
MAX_URL: Final = 2_048
MAX_SECONDS: Final = 400_000.0
"""The longest plausible duration; longer ones count as unknown."""
MAX_TIME: Final = 4_102_444_800
"""The year 2100."""
_FORBIDDEN: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PROLOG: Final = 4_096
"""Bytes in which a document type is looked for; feeds have none."""
_BREAKS: Final = frozenset({"br", "p", "li", "div", "h1", "h2", "h3", "tr"})
_HIDDEN: Final = frozenset({"script", "style"})


def parse_feed(url: str, data: bytes) -> PodcastFeed | None:
    """Return the feed in `data`; None if it isn't one, or has no episode with sound."""
    # Loaded here: it is installed when the first podcast is subscribed to.
    import podcastparser  # noqa: PLC0415

    if _FORBIDDEN.search(data[:_PROLOG]):
        return None
    try:
        found = podcastparser.parse(url, BytesIO(data), MAX_EPISODES)
    except podcastparser.FeedParseError:
        return None
    author = found.get("itunes_author") or ""
    return PodcastFeed(
        title=line(found.get("title") or "") or url[:MAX_URL],
        author=line(author),
        description=_text(found.get("description") or ""),
        artwork_url=_address(found.get("cover_url")),
        episodes=tuple(episode for each in found["episodes"][:MAX_EPISODES] if (episode := _episode(each)) is not None),
    )


def _episode(found: dict[str, Any]) -> FeedEpisode | None:
    sound = next(
        (
            enclosure
            for enclosure in found.get("enclosures", ())
            if is_http_url(enclosure["url"]) and _is_sound(enclosure.get("mime_type") or "")
        ),
        None,
    )
    if sound is None or len(sound["url"]) > MAX_URL:
        return None
    return FeedEpisode(
        guid=clean(found.get("guid") or sound["url"])[:MAX_URL],
        url=clean(sound["url"]),
        title=line(found.get("title") or "") or line(sound["url"]),
        mime_type=_mime_type(sound.get("mime_type") or ""),
        description=_text(found.get("description_html") or found.get("description") or ""),
        artwork_url=_address(found.get("episode_art_url")),
        duration=float(_within(found.get("total_time"), MAX_SECONDS)),
        published_at=int(_within(found.get("published"), MAX_TIME)),
        chapters_url=_address(found.get("chapters_json_url")),
        chapters=_chapters(found.get("chapters") or ()),
    )


def _chapters(found: Iterable[dict[str, Any]]) -> tuple[ChapterStart, ...]:
    """Return Podlove Simple Chapters."""
    chapters = chapters_of(ChapterStart(line(chapter["title"]), float(chapter["start"])) for chapter in found)
    return () if chapters is None else chapters.chapters


def _is_sound(mime_type: str) -> bool:
    # Many feeds label sound as `application/octet-stream`, or not at all.
    return mime_type.startswith("audio/") or not mime_type.startswith(("video/", "image/", "text/"))


def _mime_type(mime_type: str) -> str:
    return mime_type.lower()[:100] if mime_type.startswith("audio/") else ""


def _address(value: Any) -> str:
    url = clean(value or "")
    return url if len(url) <= MAX_URL and is_http_url(url) else ""


def _within(value: Any, maximum: float) -> float:
    return value if isinstance(value, int | float) and 0 < value <= maximum else 0


class _Words(HTMLParser):
    """Collects the words of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS:
            self.parts.append("\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))

    @override
    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _text(html: str) -> str:
    """Return HTML, or text, as lines of text."""
    words = _Words()
    words.feed(clean(html)[: 16 * MAX_DESCRIPTION])
    words.close()
    lines = ("".join(filter(str.isprintable, " ".join(part.split()))) for part in "".join(words.parts).split("\n"))
    return "\n".join(filter(None, lines))[:MAX_DESCRIPTION]
