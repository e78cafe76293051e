"""Restores a hub from the state that an earlier leader stored."""

from collections.abc import Callable, Mapping
import logging
from typing import Final, NamedTuple

import msgspec

from ..delivery.frame import Frame
from ..hub import Hub
from ..playback.player import PlaybackContext
from ..sessions.session import Session
from .bus import ClusterSnapshot
from .link import EdgeLink, RemoteConnection
from .saved_session import SavedSession, restore_session
from .state_fields import StoredQueue, decode_queues, decode_state
from .wire import ForwardedMessage, Unreadable, unpack_to_leader

_LOGGER = logging.getLogger(__name__)

NO_QUEUE: Final = StoredQueue()
MAX_LEADERLESS_SECONDS: Final = 10.0
"""After a longer time without a leader, no player can still have been playing."""


class UnansweredRequest(NamedTuple):
    """A client's request that the earlier leader didn't answer."""

    edge: str
    message: ForwardedMessage


def restore(hub: Hub, snapshot: ClusterSnapshot, link_of: Callable[[str], EdgeLink]) -> bool:
    """Restore `hub`, which is empty, from `snapshot`.

    Return whether the snapshot includes the state that Home Assistant stores.
    """
    fields = decode_state(snapshot.hashes["state"])
    if fields.hub is None:
        raise ValueError("The stored state of the hub can't be decoded")
    queues = decode_queues(snapshot.hashes["items"], fields.orders)
    hub.topics.epoch = fields.hub.epoch
    hub.invites.open = dict(fields.hub.invites)
    for topic, offset in snapshot.offsets.items():
        hub.topics.restore(topic, offset, [message[1:] for message in snapshot.histories.get(topic, ())])
    for player in fields.players:
        queue = queues.get(f"player:{player.player_id}", NO_QUEUE)
        hub.players.restore(msgspec.structs.replace(player, playback=queue.apply_to(player.playback)))
    for room in fields.rooms if hub.limits.rooms else ():
        queue = queues.get(f"room:{room.room_id}", NO_QUEUE)
        hub.rooms.restore(msgspec.structs.replace(room, playback=queue.apply_to(room.playback)))
    hub.household.restore(fields.household)
    for edge, number in fields.edges:
        link_of(edge).number = number
    for session in fields.sessions:
        _restore_session(hub, session, link_of)
    return fields.hub.has_stored_state


def resume(hub: Hub, leaderless_seconds: float) -> None:
    """Continue what the earlier leader was doing, after `leaderless_seconds` without a leader."""
    hub.presence.restore(hub.sessions)
    hub.attendance.resume_away_timers(hub.sessions)
    for player in hub.players:
        if not player.connected:
            hub.players.mark_disconnected(player)
    now_us = hub.clock.now_us()
    contexts: list[PlaybackContext] = [*hub.players, *hub.rooms]
    for context in contexts:
        playback = context.playback
        is_loading = playback.timeline.state == "buffering" and playback.pending_start is None
        if leaderless_seconds > MAX_LEADERLESS_SECONDS and playback.timeline.playing:
            playback.suspend(now_us - int(leaderless_seconds * 1e6))
        elif playback.current is not None and (playback.interrupted or is_loading):
            # An announcement has been lost, or the search for the item's media.
            hub.publisher.start(playback, playback.current, position=playback.timeline.position)
        hub.publisher.schedule(context)


def decode_pending(fields: Mapping[str, bytes]) -> list[UnansweredRequest]:
    """Return the requests that weren't answered, in their order. They may have been executed in part.

    Requests that aren't understood are logged and left out.
    """
    requests: list[UnansweredRequest] = []
    for field, data in sorted(fields.items(), key=lambda entry: int(entry[0].rpartition("/")[2])):
        try:
            messages = unpack_to_leader(data)
        except msgspec.MsgspecError as error:
            _LOGGER.error("The stored request %s can't be decoded: %s", field, error)  # noqa: TRY400
            continue
        for message in messages:
            if isinstance(message, ForwardedMessage):
                requests.append(UnansweredRequest(field.split("/")[0], message))
            elif isinstance(message, Unreadable):
                _LOGGER.error("The stored request %s can't be decoded: %s", field, message.reason)
    return requests


def restore_answer(session: Session, request_id: str, payload: bytes) -> None:
    """Add an answer to `session` that is in Redis already, without storing it there again."""
    kept, session.answers.on_stored = session.answers.on_stored, None
    session.answers.store(request_id, Frame(payload) if payload else None)
    session.answers.on_stored = kept


def _restore_session(hub: Hub, session: SavedSession, link_of: Callable[[str], EdgeLink]) -> None:
    if session.edge is None:
        restore_session(hub, session, None)
        return
    link = link_of(session.edge)
    connection = RemoteConnection(link, session.connection, session.transport, session.address, hub.limits)
    connection.session = restore_session(hub, session, connection)
