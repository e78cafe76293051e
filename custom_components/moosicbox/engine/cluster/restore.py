"""A new leader's first work: become what the one before left behind."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ..delivery.frame import Frame
from ..hub import Hub
from ..playback.player import PlaybackContext
from ..sessions.session import Session
from .bus import ClusterSnapshot
from .images import KeptQueue, OrderImage, decoded, decoded_queues, restore_player, restore_room, restore_session
from .link import Link, RemoteConnection
from .wire import ClientMessage, unpack_to_leader

NO_QUEUE: Final = KeptQueue(OrderImage(), {})
LONG_SECONDS: Final = 10.0
"""If nobody led for longer than this, nobody can have heard the music, either."""


class Unfinished(NamedTuple):
    """What a client asked and the leader before didn't finish."""

    field: str
    edge: str
    says: ClientMessage


def restore(hub: Hub, image: ClusterSnapshot, link_of: Callable[[str], Link]) -> bool:
    """Make `hub`, which is empty, what is kept. Whether what the house kept by itself is in that."""
    kept = decoded(image.hashes["state"])
    queues = decoded_queues(image.hashes["items"], kept["order"])
    (once,) = kept["hub"]
    hub.topics.epoch = once.epoch
    hub.invites.open = dict(once.invites)
    for topic, offset in image.offsets.items():
        hub.topics.restore(topic, offset, [message[1:] for message in image.histories.get(topic, ())])
    for player in kept["player"]:
        restore_player(hub, player, queues.get(f"player:{player.player_id}", NO_QUEUE))
    for room in kept["room"] if hub.limits.rooms else ():
        restore_room(hub, room, queues.get(f"room:{room.room_id}", NO_QUEUE))
    for edge, number in kept["edge"]:
        link_of(edge).number = number
    for session in kept["session"]:
        connection = None
        if session.edge is not None:
            link = link_of(session.edge)
            connection = RemoteConnection(link, session.connection, session.transport, session.address, hub.limits)
        restored = restore_session(hub, session, connection)
        if connection is not None:
            connection.session = restored
    founded: bool = once.founded
    return founded


def resume(hub: Hub, image: ClusterSnapshot, away: float) -> None:
    """Let everything go on that the one before was about; nobody led for `away` seconds."""
    hub.presence.adopt(hub.sessions)
    hub.attendance.adopt(hub.sessions)
    for player in hub.players:
        if not player.present:
            hub.players.mark_disconnected(player)
    kept = decoded(
        {field: data for field, data in image.hashes["state"].items() if field.startswith(("player:", "room:"))}
    )
    interrupted = {f"player:{player.player_id}" for player in kept["player"] if player.interrupted}
    interrupted |= {f"room:{room.room_id}" for room in kept["room"] if room.interrupted}
    now_us = hub.clock.now_us()
    contexts: list[PlaybackContext] = [*hub.players, *hub.rooms]
    for context in contexts:
        own = context.playback
        if away > LONG_SECONDS and own.timeline.playing:
            own.hold(now_us - int(away * 1e6))
        elif own.current is not None and (
            context.topic in interrupted or (own.timeline.state == "buffering" and own.awaited is None)
        ):
            # Its media were looked for, or an announcement was made over it.
            hub.publisher.start(own, own.current, position=own.timeline.position)
        hub.publisher.schedule(context)


def unfinished(fields: Mapping[str, bytes]) -> list[Unfinished]:
    """What was begun and not finished, in its order. Whether it was done in part nobody knows."""
    found = []
    for field, data in sorted(fields.items(), key=lambda entry: int(entry[0].rpartition("/")[2])):
        (says,) = unpack_to_leader(data)
        if isinstance(says, ClientMessage):
            found.append(Unfinished(field, field.split("/")[0], says))
    return found


def restore_answer(session: Session, request_id: str, payload: bytes) -> None:
    """An answer that was given before."""
    keep, session.answers.kept = session.answers.kept, None
    session.answers.keep(request_id, Frame(payload) if payload else None)
    session.answers.kept = keep
