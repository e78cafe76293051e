"""Signed addresses, which can't be guessed or changed."""

import pytest

from custom_components.moosicbox.engine.access.hub_key import HubKey
from custom_components.moosicbox.engine.library import seal as seals
from custom_components.moosicbox.engine.library.seal import PATH, WINDOW, Seal, stream_source

TRACK = "t-0123456789abcdef"
UNTIL = 1_800_000_000


def parts(address: str) -> tuple[str, str]:
    until, _, signature = address.partition("until=")[2].partition("&sig=")
    return until, signature


@pytest.mark.parametrize("format_name", [None, "mp3"])
def test_an_address_admits_to_one_stream_for_a_time(format_name: str | None) -> None:
    seal = Seal(b"key")
    until, signature = parts(seal.sign_stream(stream_source(TRACK, format_name), UNTIL))
    assert seal.verify_stream(TRACK, format_name, until, signature, UNTIL)
    assert not seal.verify_stream(TRACK, format_name, until, signature, UNTIL + 1)
    assert not seal.verify_stream(TRACK, "opus", until, signature, UNTIL)
    assert not seal.verify_stream("t-other", format_name, until, signature, UNTIL)
    assert not seal.verify_stream(TRACK, format_name, str(UNTIL + 1), signature, UNTIL)
    assert not seal.verify_stream(TRACK, format_name, until, "", UNTIL)
    assert not seal.verify_stream(TRACK, format_name, until, "ß" * 32, UNTIL)
    assert not Seal(b"another").verify_stream(TRACK, format_name, until, signature, UNTIL)


def test_without_a_key_nothing_is_genuine_until_there_is_one() -> None:
    seal = Seal()
    picture, (until, signature) = seal.sign_artwork(TRACK), parts(seal.sign_stream(stream_source(TRACK), UNTIL))
    assert seal.verify_artwork(picture.removeprefix(PATH)) is None
    assert not seal.verify_stream(TRACK, None, until, signature, UNTIL)
    seal.use([HubKey(b"key")])
    assert seal.verify_artwork(seal.sign_artwork(TRACK).removeprefix(PATH)) == TRACK
    assert seal.verify_artwork(picture.removeprefix(PATH)) is None


def test_the_address_of_a_picture_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same for a window, so that browsers keep the picture, and valid until the end of the next one."""
    seal = Seal(b"key")
    start = 1_800_000_000 // WINDOW * WINDOW
    for now, is_valid in (
        (start, True),
        (start + WINDOW - 1, True),
        (start + 2 * WINDOW, True),
        (start + 2 * WINDOW + 1, False),
    ):
        monkeypatch.setattr(seals.time, "time", lambda: start)
        picture = seal.sign_artwork(TRACK)
        monkeypatch.setattr(seals.time, "time", lambda now=now: now)
        assert (seal.verify_artwork(picture.removeprefix(PATH)) == TRACK) is is_valid
        assert (seal.sign_artwork(TRACK) == picture) is (now < start + WINDOW)
        assert seal.renew_artwork(picture) == seal.sign_artwork(TRACK)
