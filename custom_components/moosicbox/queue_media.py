"""Adding media to a queue by its id."""

import re
from typing import Final, Literal

import msgspec

from .contexts import PlayerOrRoom, context_fields
from .engine.api import Library, QueueAdd
from .errors import errors_translated
from .library_ids import track_ids_to_play

TRACK_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


async def queue_add(
    library: Library,
    context: PlayerOrRoom,
    media_content_id: str,
    place: Literal["next", "end", "replace"],
    *,
    play: bool,
) -> QueueAdd:
    """Return the command that adds media: an item of the library with its tracks, or any other media.

    `play`: the first track starts at once. Raise HomeAssistantError if the library has no such item.
    """
    add = QueueAdd(**context_fields(context), place=place, play=play or None)
    with errors_translated():
        track_ids = await track_ids_to_play(library, media_content_id, whole=place == "replace")
    if track_ids is not None:
        return msgspec.structs.replace(add, track_ids=tuple(track_ids))
    if TRACK_ID.fullmatch(media_content_id):
        return msgspec.structs.replace(add, track_id=media_content_id)
    return msgspec.structs.replace(add, media_content_id=media_content_id)
