"""Sound and titles in a station's stream, cut into any pieces."""

from hypothesis import given, strategies as st
import pytest

from custom_components.moosicbox.engine.playback.icy import IcyParser, icy_interval

TITLES = st.text(st.characters(categories=("L", "N")), max_size=60)


def block(title: str | None) -> bytes:
    """Return a block, which is empty without a title."""
    text = b"" if title is None else f"StreamTitle='{title}';".encode()
    sixteenths = -(-len(text) // 16)
    return bytes([sixteenths]) + text.ljust(16 * sixteenths, b"\0")


@given(
    interval=st.sampled_from([1, 7, 8_192, 65_536, 65_537, 200_000]),
    titles=st.lists(st.none() | TITLES, min_size=1, max_size=4),
    piece=st.sampled_from([1_000, 4_096, 65_536]),
)
def test_sound_and_titles_are_separated(interval: int, titles: list[str | None], piece: int) -> None:
    sound = bytes(number % 251 for number in range(interval * len(titles)))
    stream = b"".join(
        sound[number * interval : (number + 1) * interval] + block(title) for number, title in enumerate(titles)
    )
    parser = IcyParser(icy_interval(str(interval)))
    heard = b"".join(parser.feed(stream[at : at + piece]) for at in range(0, len(stream), piece))
    assert heard == sound
    named = [title for title in titles if title is not None]
    assert parser.title == ((named[-1] or None) if named else None)


@pytest.mark.parametrize("header", [None, "", "0", "-8"])
def test_streams_without_titles_stay_as_they_are(header: str | None) -> None:
    parser = IcyParser(icy_interval(header))
    assert parser.feed(b"abc\1def") == b"abc\1def"
    assert parser.title is None


def test_headers_that_are_no_number_are_errors() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        icy_interval("many")
