"""Requests to the library: lists, search, favourites, playlists, scans."""

from typing import Any

import msgspec

from ..hub import Hub
from ..library.library import Library
from ..library.models import Hit, Page
from ..protocol.errors import InvalidMessage, NotSupported
from ..protocol.library_request import Filters, LibraryRequest
from ..protocol.results import LibraryResult
from ..sessions.session import Actor


class LibraryHandlers:
    """Handles `library_request`, by its `request_type`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the message to the hub's table."""
        hub = self.hub
        hub.register(LibraryRequest, self.request, "library", "library")

    async def request(self, actor: Actor, asked: LibraryRequest) -> LibraryResult:
        """Return an item or a page of items, or change the library."""
        if (library := self.hub.library) is None:
            raise NotSupported("This hub has no library")
        match asked.request_type:
            case "set_favourite":
                actor.principal.require_household("control")
                await library.set_favourite(_id(asked), favourite=asked.favourite is not False)
                return {}
            case "edit_playlist":
                actor.principal.require_household("control")
                if asked.playlist is None:
                    raise InvalidMessage("playlist must name the changes", ["playlist"])
                return {"item": await library.edit_playlist(asked.id, asked.playlist)}
            case "scan":
                actor.principal.require("admin")
                library.request_scan()
                return {}
            case "get_artist":
                return {"item": await library.artist(_id(asked))}
            case "get_album":
                return {"item": await library.album(_id(asked))}
            case "get_track":
                return {"item": await library.track(_id(asked))}
            case "get_lyrics":
                return {"item": await library.lyrics(_id(asked))}
            case "get_playlist":
                return {"item": await library.playlist(_id(asked))}
            case "search":
                return await _search(library, asked)
        return _page(await _list(library, asked))


async def _list(library: Library, asked: LibraryRequest) -> Page[Any]:
    filters = asked.filters or Filters()
    if asked.request_type == "recent":
        return await library.recent(filters, asked.limit, asked.cursor)
    lists = {
        "get_artists": library.get_artists,
        "get_albums": library.get_albums,
        "get_tracks": library.get_tracks,
        "get_genres": library.get_genres,
        "get_playlists": library.get_playlists,
    }
    return await lists[asked.request_type](filters, asked.sort, asked.limit, asked.cursor)


async def _search(library: Library, asked: LibraryRequest) -> LibraryResult:
    if asked.query is None:
        raise InvalidMessage("query must name what to search for", ["query"])
    kinds = asked.filters.kinds if asked.filters is not None else ()
    page = await library.search(asked.query, kinds, asked.limit, asked.cursor)
    return {**_page(page), "items": [_flat(hit) for hit in page.items]}


def _flat(hit: Hit) -> dict[str, Any]:
    return {"kind": hit.kind, "score": hit.score, **msgspec.to_builtins(hit.item)}


def _page(page: Page[Any]) -> LibraryResult:
    return {"items": page.items, "total": page.total, "next_cursor": page.next_cursor}


def _id(asked: LibraryRequest) -> str:
    if asked.id is None:
        raise InvalidMessage("id is required", ["id"])
    return asked.id
