"""Requests to the library: lists, search, favourites, playlists, scans."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from ..hub import Hub
from ..library.index.lists import OwnFilters
from ..library.index.people import USERS_ONLY
from ..library.index.positions import HOUSEHOLD, Kept
from ..library.library import Library
from ..library.media_provider import TRACK_PREFIX
from ..library.models import (
    EPISODE_PREFIX,
    AlbumDetails,
    BookDetails,
    Chapters,
    Page,
    PlaylistDetails,
    PodcastDetails,
    SearchHit,
)
from ..library.stations import add_station
from ..playback.addresses import is_http_url
from ..protocol.errors import InvalidMessage, NotSupported, PermissionDenied, TrackNotFound
from ..protocol.library_request import Filters, LibraryRequest, RequestType
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
        if (change := _CHANGES.get(asked.request_type)) is not None:
            return await change(library, actor, asked)
        if asked.request_type == "edit_station":
            return await self._edit_station(library, actor, asked)
        if asked.request_type in ("edit_podcast", "refresh_podcasts"):
            return await self._podcasts(actor, asked)
        if asked.request_type in ("get_scrobbling", "set_scrobbling"):
            return await self._scrobbling(library, actor, asked)
        if asked.request_type == "get_chapters":
            return {"item": await self._chapters(_id(asked))}
        if (item := _item_reader(library, asked)) is not None:
            found = await item(_id(asked))
            return {"item": await _with_own_fields(library, actor, found)}
        if asked.request_type == "get_history":
            return await _history(library, actor, asked)
        if asked.request_type == "search":
            return await _search(library, actor, asked)
        page = await _list(library, asked, actor)
        if actor.principal.is_person:
            items = await library.people.with_own_fields(actor.principal.sub, page.items)
            page = msgspec.structs.replace(page, items=tuple(items))
        return _page(page)

    async def _chapters(self, id_: str) -> Chapters:
        if (finder := self.hub.chapter_finder) is None:
            raise NotSupported("This hub has no library")
        return await finder.find(id_)

    async def _edit_station(self, library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
        actor.principal.require("admin")
        if (edit := asked.station) is None:
            raise InvalidMessage("station must name the changes", ["station"])
        if edit.artwork_url and not is_http_url(edit.artwork_url):
            raise InvalidMessage("artwork_url must be an http or https URL", ["station", "artwork_url"])
        if asked.id is not None:
            return {"item": await library.edit_station(asked.id, edit)}
        return {"item": await add_station(library, self.hub.media_resolver, actor, edit)}

    async def _podcasts(self, actor: Actor, asked: LibraryRequest) -> LibraryResult:
        actor.principal.require("admin")
        if (podcasts := self.hub.podcasts) is None:
            raise NotSupported("This hub can't reach other services")
        if asked.request_type == "refresh_podcasts":
            await podcasts.refresh(asked.id)
            return {}
        if (edit := asked.podcast) is None:
            raise InvalidMessage("podcast must name the change", ["podcast"])
        if edit.delete:
            await podcasts.unsubscribe(_id(asked))
            return {"item": None}
        if edit.url is None or not is_http_url(edit.url):
            raise InvalidMessage("url must be the http or https URL of a feed", ["podcast", "url"])
        return {"item": await podcasts.subscribe(edit.url, lambda: actor.principal.require("admin"))}

    async def _scrobbling(self, library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
        user_id = _person(actor)
        if asked.request_type == "set_scrobbling":
            if asked.token is None:
                await library.people.set_scrobbling_token(user_id, None)
            elif self.hub.scrobbler is None:
                raise NotSupported("This hub can't reach other services")
            else:
                await self.hub.scrobbler.connect(user_id, asked.token)
        return {"item": await library.people.scrobbling(user_id)}


def _item_reader(library: Library, asked: LibraryRequest) -> Callable[[str], Awaitable[Any]] | None:
    readers: dict[RequestType, Callable[[str], Awaitable[Any]]] = {
        "get_artist": library.artist,
        "get_album": library.album,
        "get_track": library.track,
        "get_playlist": library.playlist,
        "get_station": library.station,
        "get_podcast": library.podcast,
        "get_episode": library.episode,
        "get_book": library.book,
        "get_lyrics": library.lyrics,
    }
    return readers.get(asked.request_type)


async def _with_own_fields(library: Library, actor: Actor, item: Any) -> Any:
    """Add the fields that are the user's own to an album, a book, a playlist or a podcast, and to its tracks."""
    if not actor.principal.is_person or not isinstance(
        item, AlbumDetails | BookDetails | PlaylistDetails | PodcastDetails
    ):
        return item
    (found,) = await library.people.with_own_fields(actor.principal.sub, [item])
    tracks = await library.people.with_own_fields(actor.principal.sub, item.tracks)
    return msgspec.structs.replace(found, tracks=tuple(tracks))


async def _history(library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
    # Guests may not read the plays of the household.
    actor.principal.require_household("control")
    user_id = _person(actor) if asked.mine else None
    page = await library.people.history(user_id, asked.limit, asked.cursor)
    if actor.principal.is_person:
        items = await library.people.with_own_fields(actor.principal.sub, page.items)
        page = msgspec.structs.replace(page, items=tuple(items))
    return _page(page)


async def _set_favourite(library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
    actor.principal.require_household("control")
    favourite = asked.favourite is not False
    if asked.mine:
        await library.people.set_favourite(_person(actor), _id(asked), favourite=favourite)
    else:
        await library.set_favourite(_id(asked), favourite=favourite)
    return {}


async def _edit_playlist(library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
    actor.principal.require_household("control")
    if asked.playlist is None:
        raise InvalidMessage("playlist must name the changes", ["playlist"])
    user_id = actor.principal.sub if actor.principal.is_person else None
    return {"item": await library.edit_playlist(asked.id, asked.playlist, user_id)}


async def _set_played(library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
    actor.principal.require_household("control")
    user_id = _person(actor) if asked.mine else HOUSEHOLD
    for track_id in await _spoken_tracks(library, _id(asked)):
        await library.people.keep_position([user_id], track_id, Kept(0.0, asked.played is not False))
    return {}


async def _spoken_tracks(library: Library, id_: str) -> list[str]:
    """Return the ids of an episode, of a part of an audiobook, or of all parts of one."""
    if id_.startswith(EPISODE_PREFIX):
        return [(await library.episode(id_)).track_id]
    if not id_.startswith(TRACK_PREFIX):
        return [part.track_id for part in (await library.book(id_)).tracks]
    if (track := await library.track(id_)).spoken is not True:
        raise TrackNotFound(f"The library has no audiobook with {id_}")
    return [track.track_id]


async def _scan(library: Library, actor: Actor, _asked: LibraryRequest) -> LibraryResult:
    actor.principal.require("admin")
    library.request_scan()
    return {}


_CHANGES: Final[dict[RequestType, Callable[[Library, Actor, LibraryRequest], Awaitable[LibraryResult]]]] = {
    "set_favourite": _set_favourite,
    "edit_playlist": _edit_playlist,
    "set_played": _set_played,
    "scan": _scan,
}


async def _list(library: Library, asked: LibraryRequest, actor: Actor) -> Page[Any]:
    filters = asked.filters or Filters()
    if asked.mine:
        filters = OwnFilters(**msgspec.structs.asdict(filters), user_id=_person(actor))
    if asked.request_type == "recent":
        return await library.recent(filters, asked.limit, asked.cursor)
    lists = {
        "get_artists": library.get_artists,
        "get_albums": library.get_albums,
        "get_tracks": library.get_tracks,
        "get_genres": library.get_genres,
        "get_playlists": library.get_playlists,
        "get_stations": library.get_stations,
        "get_podcasts": library.get_podcasts,
        "get_episodes": library.get_episodes,
        "get_books": library.get_books,
    }
    return await lists[asked.request_type](filters, asked.sort, asked.limit, asked.cursor)


async def _search(library: Library, actor: Actor, asked: LibraryRequest) -> LibraryResult:
    if asked.query is None:
        raise InvalidMessage("query must name what to search for", ["query"])
    kinds = asked.filters.kinds if asked.filters is not None else ()
    page = await library.search(asked.query, kinds, asked.limit, asked.cursor)
    hits = page.items
    if actor.principal.is_person:
        items = await library.people.with_own_fields(actor.principal.sub, [hit.item for hit in hits])
        hits = tuple(msgspec.structs.replace(hit, item=item) for hit, item in zip(hits, items, strict=True))
    return {**_page(page), "items": [_flat(hit) for hit in hits]}


def _flat(hit: SearchHit) -> dict[str, Any]:
    return {"kind": hit.kind, "score": hit.score, **msgspec.to_builtins(hit.item)}


def _page(page: Page[Any]) -> LibraryResult:
    return {"items": page.items, "total": page.total, "next_cursor": page.next_cursor}


def _person(actor: Actor) -> str:
    """Return the id of a user with favourites and plays of their own."""
    if not actor.principal.is_person:
        raise PermissionDenied(USERS_ONLY)
    return actor.principal.sub


def _id(asked: LibraryRequest) -> str:
    if asked.id is None:
        raise InvalidMessage("id is required", ["id"])
    return asked.id
