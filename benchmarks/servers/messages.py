"""The published messages. They have the shape of the hub's messages, so that encoding them has a realistic cost."""

import itertools
import json
from typing import Any

_numbers = itertools.count(1)

_TITLES = ("Brass Morning", "Copper Rain", "Paper Lantern", "Slow Escapement", "Tin Parade", "The Last Turn")
_TRACKS = [
    {
        "track_id": f"local.{number * 2_654_435_761 % 2**24:06x}",
        "title": f"{_TITLES[number % len(_TITLES)]} {number:02}",
        "artist": "The Wind-Up Trio",
        "album": "Three Turns of the Key",
        "duration": 21.6 + number * 7 % 90,
        "track_number": number,
    }
    for number in range(10, 90)
]
_TRACK_SIZE = max(len(json.dumps(track)) for track in _TRACKS)


def message(size: int) -> dict[str, Any]:
    """Return a new message of about `size` bytes of JSON: a status, filled up with tracks of a queue."""
    content: dict[str, Any] = {
        "player_id": "kitchen",
        "state": "playing",
        "is_playing": True,
        "position_seconds": next(_numbers) / 10,
        "items": [],
        "text": "",
    }
    tracks = max(0, (size - len(json.dumps(content))) // (_TRACK_SIZE + 2))
    content["items"] = _TRACKS[:tracks]
    content["text"] = "x" * max(0, size - len(json.dumps(content, separators=(",", ":"))))
    return content
