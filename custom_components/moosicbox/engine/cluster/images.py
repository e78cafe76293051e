"""What a leader leaves behind for the next one: players, rooms, sessions, invites."""

from collections.abc import Iterable, Iterator, Mapping
import logging
from typing import Any, Final, NamedTuple

import msgspec

from ..access.rights import Principal
from ..hub import Hub
from ..playback.image import OrderImage, PlaybackImage, become, image_of
from ..playback.playback import Playback
from ..playback.player import Player
from ..protocol.client import ClientInfo, PlayerReport
from ..protocol.server import ChatLine
from ..protocol.types import QueueItem, Record, RoomRole
from ..rooms.invites import Invite
from ..rooms.room import Participant, Room, RoomSettings
from ..sessions.session import ClientKey, Session
from .link import RemoteConnection

_LOGGER = logging.getLogger(__name__)


class PlayerImage(Record, frozen=True, kw_only=True):
    """A player."""

    player_id: str
    name: str
    owner: str
    capabilities: tuple[str, ...] | None
    declared_lead_ms: float
    output_delay_ms: float
    round_trip_us: int
    volume: float
    muted: bool
    client_version: str | None
    entity_id: str | None
    outputs: dict[str, float]
    lagging: bool
    failed_item_id: str | None
    ready: tuple[str, ...]
    report: PlayerReport | None
    interrupted: bool
    """Whether its music stands still for an announcement."""
    playback: PlaybackImage


class ParticipantImage(Record, frozen=True, kw_only=True):
    """Somebody in a room."""

    client_id: str
    key: ClientKey
    username: str
    joined_at: str
    player_id: str | None
    away: bool


class RoomImage(Record, frozen=True, kw_only=True):
    """A room."""

    room_id: str
    settings: RoomSettings
    host_user_id: str | None
    host_gone: bool
    entity_id: str | None
    is_group: bool
    outputs: dict[str, float]
    participants: tuple[ParticipantImage, ...]
    roles: dict[str, RoomRole]
    banned: tuple[str, ...]
    missing: tuple[tuple[ClientKey, int], ...]
    chat: tuple[ChatLine, ...]
    votes: tuple[str, ...]
    interrupted: bool
    """Whether its music stands still for an announcement."""
    playback: PlaybackImage


class SessionImage(Record, frozen=True, kw_only=True):
    """A session, and where its connection is."""

    session_id: str
    client_id: str
    secret: str
    principal: Principal
    client: ClientInfo
    connected_at: str
    topics: tuple[str, ...]
    follows_players: bool
    came: tuple[str, ...]
    edge: str | None
    connection: int
    transport: str
    address: str


class HubImage(Record, frozen=True, kw_only=True):
    """What there is once."""

    epoch: str
    founded: bool
    """Whether what the house kept by itself is in it."""
    invites: dict[str, Invite]


class KeptQueue(NamedTuple):
    """A queue's items, and in which order they come."""

    order: OrderImage
    items: dict[str, QueueItem]


encode: Final = msgspec.msgpack.Encoder().encode
_ITEM: Final = msgspec.msgpack.Decoder(QueueItem)
_KINDS: Final[dict[str, msgspec.msgpack.Decoder[Any]]] = {
    "edge": msgspec.msgpack.Decoder(tuple[str, int]),
    "hub": msgspec.msgpack.Decoder(HubImage),
    "order": msgspec.msgpack.Decoder(tuple[str, OrderImage]),
    "player": msgspec.msgpack.Decoder(PlayerImage),
    "room": msgspec.msgpack.Decoder(RoomImage),
    "session": msgspec.msgpack.Decoder(SessionImage),
}


def hub_image(hub: Hub, *, founded: bool) -> HubImage:
    """What there is once."""
    return HubImage(epoch=hub.topics.epoch, founded=founded, invites=dict(hub.invites.open))


def player_image(player: Player, *, interrupted: bool) -> PlayerImage:
    """A player as it is now."""
    return PlayerImage(
        player_id=player.player_id,
        name=player.name,
        owner=player.owner_user_id,
        capabilities=player.capabilities,
        declared_lead_ms=player.declared_lead_ms,
        output_delay_ms=player.output_delay_ms,
        round_trip_us=player.round_trip_us,
        volume=player.volume,
        muted=player.muted,
        client_version=player.client_version,
        entity_id=player.entity_id,
        outputs=dict(player.outputs),
        lagging=player.lagging,
        failed_item_id=player.failed_item_id,
        ready=player.ready,
        report=player.report,
        interrupted=interrupted,
        playback=image_of(player.solo_playback),
    )


def room_image(room: Room, *, interrupted: bool) -> RoomImage:
    """A room as it is now."""
    return RoomImage(
        room_id=room.room_id,
        settings=room.settings,
        host_user_id=room.host_user_id,
        host_gone=room.host_gone,
        entity_id=room.entity_id,
        is_group=room.is_group,
        outputs=dict(room.outputs),
        participants=tuple(_participant_image(member) for member in room.participants.values()),
        roles=dict(room.roles),
        banned=tuple(room.banned),
        missing=tuple(room.missing.items()),
        chat=tuple(room.chat),
        votes=tuple(room.votes),
        interrupted=interrupted,
        playback=image_of(room.playback),
    )


def session_image(session: Session) -> SessionImage:
    """A session as it is now."""
    connection = session.connection
    remote = connection if isinstance(connection, RemoteConnection) else None
    return SessionImage(
        session_id=session.session_id,
        client_id=session.client_id,
        secret=session.secret,
        principal=session.principal,
        client=session.client,
        connected_at=session.connected_at,
        topics=tuple(session.topics),
        follows_players=session.follows_players,
        came=session.came,
        edge=remote.link.edge if remote else None,
        connection=remote.number if remote else 0,
        transport=remote.transport if remote else "",
        address=remote.peer.address if remote else "",
    )


def decoded(fields: Mapping[str, bytes]) -> dict[str, list[Any]]:
    """What was kept, by kind."""
    images: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
    for field, data in fields.items():
        kind = field.partition(":")[0]
        try:
            images[kind].append(_KINDS[kind].decode(data))
        except (KeyError, msgspec.MsgspecError) as error:
            _LOGGER.error("%s was kept in a way that isn't understood here: %s", field, error)  # noqa: TRY400
    return images


def decoded_queues(fields: Mapping[str, bytes], orders: Iterable[tuple[str, OrderImage]]) -> dict[str, KeptQueue]:
    """All queues, by the topic of whose they are."""
    queues = {topic: KeptQueue(order, {}) for topic, order in orders}
    for field, data in fields.items():
        topic, _, item_id = field.rpartition("/")
        if topic in queues:
            queues[topic].items[item_id] = _ITEM.decode(data)
    return queues


def restore_player(hub: Hub, image: PlayerImage, queue: KeptQueue) -> None:
    """A player as it was, not here yet."""
    player = hub.players.add(image.player_id, image.name, image.owner, image.client_version)
    player.set_capabilities(image.capabilities)
    player.declared_lead_ms = image.declared_lead_ms
    player.output_delay_ms = image.output_delay_ms
    player.round_trip_us = image.round_trip_us
    player.volume, player.muted = image.volume, image.muted
    player.entity_id = image.entity_id
    player.outputs = dict(image.outputs)
    player.lagging = image.lagging
    player.failed_item_id = image.failed_item_id
    player.ready = image.ready
    player.report = image.report
    _restore_playback(hub, player.solo_playback, image.playback, queue)


def restore_room(hub: Hub, image: RoomImage, queue: KeptQueue) -> None:
    """A room as it was; its players must be there."""
    room = hub.rooms.add(image.settings, image.room_id, image.host_user_id)
    room.host_gone, room.is_group, room.entity_id = image.host_gone, image.is_group, image.entity_id
    room.outputs = dict(image.outputs)
    room.roles = dict(image.roles)
    room.banned = dict.fromkeys(image.banned)
    room.missing = dict(image.missing)
    room.chat.extend(image.chat)
    room.votes = set(image.votes)
    for member in image.participants:
        player = None if member.player_id is None else hub.players.find(member.player_id)
        participant = Participant(
            client_id=member.client_id,
            key=member.key,
            username=member.username,
            joined_at=member.joined_at,
            player=player,
            away=member.away,
        )
        room.add_participant(participant)
        if player is not None:
            player.room = room
    _restore_playback(hub, room.playback, image.playback, queue)


def restore_session(hub: Hub, image: SessionImage, connection: RemoteConnection | None) -> Session:
    """A session as it was, on its connection if that still is."""
    session = Session(image.principal, image.client, hub.limits, image.connected_at)
    session.session_id, session.client_id, session.secret = image.session_id, image.client_id, image.secret
    session.topics = dict.fromkeys(image.topics)
    session.follows_players = image.follows_players
    session.came = image.came
    hub.sessions.adopt(session, connection)
    return session


def _participant_image(member: Participant) -> ParticipantImage:
    return ParticipantImage(
        client_id=member.client_id,
        key=member.key,
        username=member.username,
        joined_at=member.joined_at,
        player_id=None if member.player is None else member.player.player_id,
        away=member.away,
    )


def _restore_playback(hub: Hub, playback: Playback, image: PlaybackImage, queue: KeptQueue) -> None:
    become(playback, image, queue.order, queue.items)
    for item in playback.queue.items:
        hub.media_resolver.media.remember(item.track)


def changed_items(topic: str, playback: Playback, known: dict[str, QueueItem]) -> Iterator[tuple[str, bytes | None]]:
    """Fields of items that aren't kept as they are now; `known` are those that are, and are then."""
    now = dict(zip(playback.queue.ids, playback.queue.items, strict=True))
    for item_id in [item_id for item_id in known if item_id not in now]:
        del known[item_id]
        yield f"{topic}/{item_id}", None
    for item_id, item in now.items():
        if known.get(item_id) is not item:
            known[item_id] = item
            yield f"{topic}/{item_id}", encode(item)
