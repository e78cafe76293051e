"""Favourites and plays of single users; those of the household are in the items themselves."""

from collections.abc import Awaitable, Callable, Collection, Sequence
import sqlite3
import time

import msgspec

from ..signals import Signal
from .index import people, positions, scrobbles
from .index.database import Database
from .index.unfinished import unfinished
from .models import LibraryItem, Page, PlayedTrack, Scrobbling, SpokenKind, Unfinished

type Write = Callable[[Callable[[sqlite3.Connection], object]], Awaitable[object]]
"""Makes a change of the index, and drops the lists that were cached of it."""


class People:
    """Favourites, plays and histories of users, by the ids of the users.

    Methods raise Unavailable while the index isn't open.

    Args:
        database: The index.
        write: Makes a change of the index.
    """

    def __init__(self, database: Database, write: Write) -> None:
        self._database = database
        self._write = write
        self.scrobble_added: Signal[()] = Signal()
        """A play waits to be reported."""

    async def set_favourite(self, user_id: str, id_: str, *, favourite: bool) -> None:
        """Mark an item as a user's favourite, or remove the mark.

        Raises:
            TrackNotFound: There is no such item.
        """
        await self._write(lambda index: people.set_own_favourite(index, user_id, id_, favourite=favourite))

    async def count_play(self, track_id: str, user_ids: Collection[str] = ()) -> None:
        """Count a play of a track for the household and these users; without effect if the library doesn't have it."""
        now = int(time.time())

        def count(index: sqlite3.Connection) -> bool:
            people.add_play(index, track_id, user_ids, now)
            return scrobbles.add_scrobbles(index, track_id, user_ids, now)

        if await self._write(count):
            self.scrobble_added.emit()

    async def scrobbling(self, user_id: str) -> Scrobbling:
        """Return whether a user's plays are reported."""
        connected, waiting = await self._database.read(lambda index: scrobbles.state(index, user_id))
        return Scrobbling(connected=connected, waiting=waiting)

    async def set_scrobbling_token(self, user_id: str, token: str | None) -> None:
        """Report a user's plays with a token of ListenBrainz; None stops that."""
        await self._write(lambda index: scrobbles.set_token(index, user_id, token))

    async def drop_scrobbling_token(self, user_id: str, token: str) -> bool:
        """Report a user's plays no more, unless they have another token by now; return whether they had this one."""
        return bool(await self._write(lambda index: scrobbles.drop_token(index, user_id, token)))

    async def waiting_scrobbles(self, count: int) -> scrobbles.ScrobbleBatch | None:
        """Return up to `count` plays of one user that wait to be reported; None if none wait."""
        return await self._database.read(lambda index: scrobbles.next_batch(index, count))

    async def drop_scrobbles(self, ids: Collection[int]) -> None:
        """Delete plays that were reported."""
        await self._write(lambda index: scrobbles.drop(index, ids))

    async def history(self, user_id: str | None, limit: int = 50, cursor: str | None = None) -> Page[PlayedTrack]:
        """Return a page of the plays of a user (None: the household), the latest first.

        Raises:
            InvalidMessage: The cursor belongs to another list.
        """
        whose = positions.HOUSEHOLD if user_id is None else user_id
        return await self._database.read(lambda index: people.history(index, whose, limit, cursor))

    async def with_own_fields[T: LibraryItem](self, user_id: str, items: Sequence[T]) -> list[T]:
        """Return items with the fields that are the user's own."""
        if not items:
            return []
        fields = await self._database.read(lambda index: people.own_fields(index, user_id, items))
        return [msgspec.structs.replace(item, **own) for item, own in zip(items, fields, strict=True)]

    async def keep_position(self, user_ids: Collection[str], item_id: str, kept: positions.Kept) -> None:
        """Store the position at which users resume a spoken item; the household is one of them, with an empty id."""
        await self._write(lambda index: positions.put(index, user_ids, item_id, kept))

    async def position(self, user_id: str | None, item_id: str) -> positions.Kept:
        """Return the position at which a user (None: the household) resumes a spoken item."""
        whose = positions.HOUSEHOLD if user_id is None else user_id
        return await self._database.read(lambda index: positions.of_user(index, whose, [item_id])[item_id])

    async def unfinished(self, user_id: str | None, kind: SpokenKind) -> Unfinished | None:
        """Return what a user (None: the household) heard last of a kind and hasn't finished; `None`: nothing."""
        whose = positions.HOUSEHOLD if user_id is None else user_id
        return await self._database.read(lambda index: unfinished(index, whose, kind))

    async def forget(self, user_id: str) -> None:
        """Delete all data of a user."""

        def delete(index: sqlite3.Connection) -> None:
            people.forget(index, user_id)
            scrobbles.set_token(index, user_id, None)

        await self._write(delete)
