"""Ids of the library's items in the media browser, and the tracks of the items."""

import random
from typing import Final

from .const import DOMAIN
from .engine.api import (
    EPISODE_PREFIX,
    Album,
    Artist,
    Genre,
    Library,
    LibraryItem,
    LibraryTrack,
    Playlist,
    Podcast,
    Sentence,
    Station,
    TrackNotFound,
)

SOURCE: Final = f"media-source://{DOMAIN}"
"""The id of the library, with which those of its items begin."""
TRACKS: Final = "tracks"
"""The last part of the identifier of all songs of an artist."""
SHUFFLED: Final = "shuffled"
"""The last part of the identifier that plays all songs of an artist in random order."""
MAX_QUEUED_TRACKS: Final = 1_000
"""Tracks that one command adds to a queue."""


def is_library_id(media_content_id: str) -> bool:
    """Return whether this is the id of a node of the library."""
    return media_content_id == SOURCE or media_content_id.startswith(f"{SOURCE}/")


def identifier_of(media_content_id: str) -> str:
    """Return the node's identifier in the library."""
    return media_content_id.removeprefix(SOURCE).removeprefix("/")


def library_id_of(item: LibraryItem) -> str:
    """Return the id of an item of the library."""
    match item:
        case LibraryTrack():
            return f"{SOURCE}/track/{item.track_id}"
        case Album():
            return f"{SOURCE}/album/{item.album_id}"
        case Artist():
            return f"{SOURCE}/artist/{item.artist_id}"
        case Genre():
            return f"{SOURCE}/genre/{item.genre_id}"
        case Playlist():
            return f"{SOURCE}/playlist/{item.playlist_id}"
        case Podcast():
            return f"{SOURCE}/podcast/{item.podcast_id}"
        case Station():
            return f"{SOURCE}/station/{item.station_id}"


def source_of(media_content_id: str) -> dict[str, str]:
    """Return the kind and the id of an item of the library, as the sources of alarms name it.

    A track in a collection stands for itself, without the tracks after it.
    """
    kind, *ids = identifier_of(media_content_id).split("/")
    if len(ids) > 1 and ids[-1] not in (TRACKS, SHUFFLED):
        kind, ids = "track", ids[-1:]
    if kind == "track" and ids and ids[0].startswith(EPISODE_PREFIX):
        kind = "episode"
    return {"kind": kind, "id": ids[0]} if ids else {"kind": kind}


async def track_ids_to_play(library: Library, media_content_id: str, *, whole: bool = False) -> list[str] | None:
    """Return the track ids of an item of the library; None for any other id.

    Args:
        library: The library.
        media_content_id: The id of an item, of the favourites, or of a track in a collection.
        whole: Return the tracks that follow a track in its collection, too.

    Raises:
        TrackNotFound: If there is no such item, or none of its tracks can be played.
    """
    if not is_library_id(media_content_id):
        return None
    kind, id_, part = [*identifier_of(media_content_id).split("/"), "", "", ""][:3]
    if kind == "artist" and part == TRACKS:
        part = identifier_of(media_content_id).removeprefix(f"artist/{id_}/{TRACKS}").removeprefix("/")
    if kind in ("track", "station") and id_:
        return [id_]
    if (tracks := await library.tracks_to_play(kind, id_, MAX_QUEUED_TRACKS)) is None:
        return None
    found = [track.track_id for track in tracks if track.available][:MAX_QUEUED_TRACKS]
    if part == SHUFFLED:
        found = random.sample(found, len(found))
    elif part:
        found = _tracks_from(found, part, whole=whole)
    if not found:
        raise TrackNotFound(Sentence("nothing_playable", "This contains no track that can be played now"))
    return found


def _tracks_from(track_ids: list[str], first: str, *, whole: bool) -> list[str]:
    if first not in track_ids:
        return []
    at = track_ids.index(first)
    return track_ids[at:] if whole else [first]
