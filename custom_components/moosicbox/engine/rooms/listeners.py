"""The users who hear a playback, for counts of plays."""

from ..access.rights import ANONYMOUS, GUEST_PREFIX, Principal
from ..playback.playback import Playback
from ..protocol.types import QueueItem
from .room_registry import RoomRegistry


def listeners_of(rooms: RoomRegistry, system: Principal, playback: Playback, item: QueueItem) -> set[str]:
    """Return the ids of the users who hear an item: the user who added it, and those in the room that plays it.

    An item of autoplay counts for the user who added an item before it. Guests aren't counted.
    """
    room = next((room for room in rooms if room.playback is playback), None)
    users = (
        set()
        if room is None
        else {participant.user_id for participant in room.participants.values() if not participant.away}
    )
    users.add(_adder(playback, item).added_by.id)
    return {user for user in users if user not in (system.sub, ANONYMOUS) and not user.startswith(GUEST_PREFIX)}


def _adder(playback: Playback, item: QueueItem) -> QueueItem:
    if item.origin == "user":
        return item
    found = item
    for other in playback.queue.items:
        if other.queue_item_id == item.queue_item_id:
            break
        if other.origin == "user":
            found = other
    return found
