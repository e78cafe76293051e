"""The deck, by events of mpv as it sends them."""

from typing import Any, cast

import pytest

from custom_components.moosicbox.engine.client.player.deck import Deck
from custom_components.moosicbox.engine.client.player.mpv import Mpv, MpvError
from custom_components.moosicbox.engine.signals import Signal


class ScriptedMpv:
    """Answers commands; a file that is loaded has the duration 21 s."""

    def __init__(self) -> None:
        self.event: Signal[dict[str, Any], int] = Signal()
        self.entries = 0
        self.properties: dict[str, object] = {}
        self.runs = True

    async def start(self) -> None:
        """Begin with mpv's own properties."""
        self.properties = {}
        self.runs = True

    async def observe(self, *_names: str) -> None:
        """Do nothing."""

    async def set(self, name: str, value: object) -> None:
        if not self.runs:
            raise MpvError("mpv isn't running")
        self.properties[name] = value

    async def command(self, name: str, *_arguments: object, **named: Any) -> dict[str, int]:
        self.entries += 1
        if named.get("flags") == "replace":
            self.send("property-change", name="duration", data=21.0)
            self.send("playback-restart")
        return {"playlist_entry_id": self.entries}

    def send(self, event: str, **fields: Any) -> None:
        self.event.emit({"event": event, **fields}, 0)


async def test_an_error_of_the_next_item_is_no_end() -> None:
    mpv = ScriptedMpv()
    deck = Deck(cast(Mpv, mpv))
    failed: list[str] = []
    ended: list[str] = []
    deck.failed.subscribe(lambda item_id, _error: failed.append(item_id))
    deck.ended.subscribe(ended.append)
    await deck.load("first", "/first.flac", 21.0)
    await deck.set_next("second", "/second.flac")
    mpv.send("end-file", playlist_entry_id=1, reason="error", file_error="no audio or video data played")
    mpv.send("start-file", playlist_entry_id=2)
    mpv.send("property-change", name="duration", data=10.0)
    mpv.send("end-file", playlist_entry_id=2, reason="error", file_error="loading failed")
    assert (failed, ended) == (["second"], [])


async def test_an_error_of_the_next_item_while_it_is_buffered_is_reported() -> None:
    mpv = ScriptedMpv()
    deck = Deck(cast(Mpv, mpv))
    failed: list[str] = []
    deck.failed.subscribe(lambda item_id, _error: failed.append(item_id))
    await deck.load("first", "/first.flac", 21.0)
    await deck.set_next("second", "/second.flac")
    mpv.send("end-file", playlist_entry_id=2, reason="error", file_error="loading failed")
    assert failed == ["second"]


async def test_an_mpv_that_is_started_again_keeps_the_volume() -> None:
    mpv = ScriptedMpv()
    deck = Deck(cast(Mpv, mpv))
    await deck.open()
    assert mpv.properties == {}
    await deck.set_volume(0.2, muted=True)
    await deck.open()
    assert mpv.properties == {"volume": 20.0, "mute": True}


async def test_a_volume_that_is_set_while_mpv_is_away_is_not_lost() -> None:
    mpv = ScriptedMpv()
    deck = Deck(cast(Mpv, mpv))
    mpv.runs = False
    with pytest.raises(MpvError):
        await deck.set_volume(0.2, muted=False)
    await deck.open()
    assert mpv.properties == {"volume": 20.0, "mute": False}
