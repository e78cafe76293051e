"""What is published: like the hub's own messages in shape, so that encoding them costs what it costs."""

import itertools
import json
from typing import Any

_numbers = itertools.count(1)

_TRACK = {
    "track_id": "local.3f9a1c",
    "title": "Brass Morning",
    "artist": "The Wind-Up Trio",
    "album": "Three Turns of the Key",
    "duration": 21.6,
    "track_number": 1,
}


def message(size: int) -> dict[str, Any]:
    """A new message of about `size` bytes of JSON: a status, with tracks of a queue as far as they fit in."""
    content: dict[str, Any] = {
        "player_id": "kitchen",
        "state": "playing",
        "is_playing": True,
        "position_seconds": next(_numbers) / 10,
        "items": [],
        "text": "",
    }
    tracks = max(0, (size - len(json.dumps(content))) // (len(json.dumps(_TRACK)) + 2))
    content["items"] = [_TRACK] * tracks
    content["text"] = "x" * max(0, size - len(json.dumps(content, separators=(",", ":"))))
    return content
