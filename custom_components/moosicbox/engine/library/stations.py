"""Adds radio stations to the library, after a check that their stream exists."""

from ..playback.addresses import is_http_url
from ..playback.media_resolver import MediaResolver
from ..protocol.errors import InvalidMessage, NotSupported, Sentence
from ..protocol.library_request import StationEdit
from ..sessions.session import Actor
from .index.stations import StationFields
from .library import Library
from .models import Station


async def add_station(library: Library, resolver: MediaResolver, actor: Actor, edit: StationEdit) -> Station:
    """Add a radio station at an http(s) address, or one of a media source; return it.

    Args:
        library: The library.
        resolver: Finds the stream, which proves that there is one.
        actor: The caller, with rights to media sources.
        edit: The address, and other fields. Without a name, the station gets the one that its server sends.

    Raises:
        InvalidMessage: There is no address.
        NotSupported: There is no stream at the address.
        PermissionDenied: The caller isn't an administrator when the stream is found.
        TrackNotFound: The server refuses the address, or the media source doesn't have it.
        Unavailable: There are too many stations.
    """
    if edit.media_content_id is None or edit.delete:
        raise InvalidMessage("A new station needs a media_content_id", ["station", "media_content_id"])
    media = await resolver.resolve(edit.media_content_id, actor.principal)
    actor.principal.require("admin")
    url = edit.media_content_id if is_http_url(edit.media_content_id) else media.source
    if not is_http_url(url) or media.in_library:
        raise NotSupported(Sentence("station_address", "A station is a stream at an http or https address"))
    fields = StationFields(
        name=edit.name or media.track.title,
        country=edit.country or "",
        genre=edit.genre or media.track.genre or "",
        artwork_url=edit.artwork_url or "",
    )
    return await library.put_station(url, fields)
