"""The media cache is bounded and drops the least recently used entry."""

import msgspec
import pytest

from custom_components.moosicbox.engine.playback.addresses import is_http_url
from custom_components.moosicbox.engine.playback.media import Media, MediaCache
from tests.engine.fakes import track


def media(name: str) -> Media:
    return Media(track=track(name), source=f"/media/{name}")


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("http://example.com/a.mp3", True),
        ("HTTPS://example.com/a.mp3", True),
        ("https:///a.mp3", False),
        ("ftp://example.com/a.mp3", False),
        (" http://example.com/a.mp3", False),
        ("http://user:secret@nas:8080/My Song.mp3?x=a b", True),
        ("http://[fe80::1]:8000/live", True),
        ("http://müsik.example/ü.mp3", True),
        ("http://under_score.example./", True),
        ("http://192.168.1.5/a.mp3", True),
        ("http://x:99999/y", False),
        ("http://x:0/y", False),
        ("http://x:eighty/y", False),
        ("http://x y/z", False),
        ("http://%zz/", False),
        ("http://x\\@evil.example/", False),
        ("http://x\n.example/", False),
        ("http://x.example/a\tb.mp3", False),
        ("http://[fe80::1/", False),
        ("http://[nonsense]/", False),
        ("http://fe80::1/", False),
        ("http://999.1.1.1/", False),
        ("http://1.2.3/", False),
        ("http://../", False),
        ("http://a..b/", False),
        ("http://?x", False),
        ("http://user@/", False),
        ("http://" + "a" * 64 + "/", False),
        ("http://" + "a." * 127 + "com/", False),
    ],
)
def test_http_urls_are_recognised(address: str, plain: bool) -> None:
    assert is_http_url(address) is plain


def test_the_cache_is_keyed_by_media_content_id() -> None:
    cache = MediaCache(2)
    cache.put(media("a"))
    assert cache.get("test/a") == media("a")
    assert cache.get("a") is None
    assert cache.get(None) is None


def test_the_least_recently_used_entry_is_dropped() -> None:
    cache = MediaCache(2)
    cache.put(media("a"))
    cache.put(media("b"))
    cache.get("test/a")
    cache.put(media("c"))
    assert cache.get("test/b") is None
    assert cache.get("test/a") is not None


def test_a_newer_entry_replaces_the_older() -> None:
    cache = MediaCache(2)
    cache.put(media("a"))
    newer = Media(track=track("a"), source="/media/elsewhere")
    cache.put(newer)
    assert cache.get("test/a") is newer


def test_a_dropped_entry_is_gone() -> None:
    cache = MediaCache(2)
    cache.put(media("a"))
    cache.drop("test/a")
    cache.drop("test/a")
    cache.drop(None)
    assert cache.get("test/a") is None


def test_media_without_an_id_is_not_cached() -> None:
    cache = MediaCache(2)
    nameless = msgspec.structs.replace(track("a"), media_content_id=None)
    cache.put(Media(track=nameless, source="/media/a"))
    assert cache.get("test/a") is None
