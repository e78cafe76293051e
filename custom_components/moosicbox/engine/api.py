"""The engine's public API: all that Home Assistant's side and other integrations import from the engine.

State of the hub is changed by the methods of these objects only, never by assignment, and signals are subscribed to,
never emitted, from outside. The parts that only a hub in a cluster needs are in `cluster_api`, which is loaded on demand.
"""

from . import settings
from .access.authentication import Authentication, Peer
from .access.hub_keys import HubKeys, HubSecret, derive_keys, rotated
from .access.keys import parse_keys
from .access.pairing import LIFETIME as PAIRING_CODE_LIFETIME, PAIRED_PREFIX, Offer, PairingCodes, is_of_deleted_player
from .access.rights import PERMISSIONS, ROLES, SYSTEM, Principal
from .access.tokens import MAX_LIFETIME, REFUSED as TOKEN_REFUSED, IssuedToken, Revocations, Tokens, read_claims
from .assembly import build_hub
from .clock import Clock, iso_from_unix
from .fetching import encode_url
from .handlers.rooms import GUEST_PAGE_PATH
from .household.alarms import AlarmEvent
from .household.announcer import AnnouncementEvent
from .household.followers import FollowEvent
from .household.schedule import DAYS
from .hub import Hub
from .internal_subscriber import InternalSubscriber
from .library.library import Library
from .library.models import (
    EPISODE_PREFIX,
    STATION_MEDIA,
    STREAM_PATH,
    TRACK_MEDIA,
    Album,
    Artist,
    Episode,
    Genre,
    LibraryItem,
    LibraryTrack,
    Picture,
    Playlist,
    Podcast,
    ScanProgress,
    SearchHit,
    SpokenKind,
    Station,
    Unfinished,
)
from .library.named import NamedItem, find_named
from .library.reader.file_reader import FileReader
from .library.reader.messages import FileTags
from .library.seal import Seal
from .library.streaming.artwork import CACHE_BYTES as ARTWORK_CACHE_BYTES, WITH_PICTURES, Artwork, requested_size
from .library.streaming.disk_cache import DiskCache
from .library.streaming.streams import CACHE_BYTES as TRACK_CACHE_BYTES, Streams
from .limits import Limits
from .metrics_report import Health, client_reports, health, metrics_report, prometheus, traffic
from .playback.addresses import (
    is_http_url,
    is_open_path,
    is_url_of,
    parse_url,
    title_from_path,
    track_from_url,
    url_track_id,
)
from .playback.contexts import MAX_OUTPUTS
from .playback.events import (
    CurrentChanged,
    ItemFailed,
    Lagged,
    Order,
    OrderIssued,
    PlaybackEvent,
    PositionChanged,
    PrepareChanged,
    QueueChanged,
    StatusChanged,
)
from .playback.media import HLS_TYPE, Accepts, Media, MediaProvider, StreamAddress
from .playback.playback import Playback
from .playback.player import PlaybackContext, Player
from .playback.timeline import Timeline
from .protocol.client import (
    ChapterCommand,
    ClientEvent,
    ClientMessage,
    GetClients,
    GetMetrics,
    ModeCommand,
    PlaybackCommand,
    QueueAdd,
    QueueClear,
    QueueMove,
    QueueRemove,
    QueueSongRadio,
    Request,
    RoomLeave,
    RoomList,
    RoomSkipVote,
    SeekCommand,
    VolumeCommand,
)
from .protocol.codec import invalid_message
from .protocol.codes import CloseCode
from .protocol.errors import (
    AuthenticationFailed,
    ClientNotFound,
    HubError,
    InternalError,
    InvalidMessage,
    MessageTooLarge,
    NotSupported,
    PermissionDenied,
    PlayerNotFound,
    QueueItemNotFound,
    RoomNotFound,
    Sentence,
    SerializationFailed,
    TrackNotFound,
    Unavailable,
    UnknownType,
)
from .protocol.household import (
    AcknowledgeAnnouncement,
    Alarm,
    Announce,
    CancelSleepTimer,
    DismissAlarm,
    Follower,
    MusicSource,
    SaveAlarm,
    SaveFollower,
    SetSleepTimer,
    SkipAlarm,
    SleepTimerInfo,
    SnoozeAlarm,
)
from .protocol.library_request import Filters, ItemKind, LibraryRequest
from .protocol.server import CustomMessage, LibraryUpdated, TopicMessage
from .protocol.types import MAX_OUTPUT_DELAY_MS, AddOp, CurrentOp, PresentUser, QueueItem, Track, UpdateOp
from .radio.stream_finder import (
    MAX_PLAYLIST_BYTES,
    PLAYLIST_SUFFIXES,
    PLAYLIST_TYPES,
    Stream,
    StreamFinder,
    require_playable,
)
from .rooms.announcements import Announcement
from .rooms.room import Participant, Room
from .sessions.session import Actor, Session
from .sessions.sessions import Sessions
from .signals import Signal
from .store import Capture, StateStore
from .timers import Timer
from .transport.admission import RETRY_SECONDS
from .transport.bodies import read_body
from .transport.endpoint import Endpoint
from .transport.gateway import Gateway, HubGateway
from .transport.origin import origin_allowed
from .transport.responses import error_response, json_response, wants_text

__all__ = [
    "ARTWORK_CACHE_BYTES",
    "DAYS",
    "EPISODE_PREFIX",
    "GUEST_PAGE_PATH",
    "HLS_TYPE",
    "MAX_LIFETIME",
    "MAX_OUTPUTS",
    "MAX_OUTPUT_DELAY_MS",
    "MAX_PLAYLIST_BYTES",
    "PAIRED_PREFIX",
    "PAIRING_CODE_LIFETIME",
    "PERMISSIONS",
    "PLAYLIST_SUFFIXES",
    "PLAYLIST_TYPES",
    "RETRY_SECONDS",
    "ROLES",
    "STATION_MEDIA",
    "STREAM_PATH",
    "SYSTEM",
    "TOKEN_REFUSED",
    "TRACK_CACHE_BYTES",
    "TRACK_MEDIA",
    "WITH_PICTURES",
    "Accepts",
    "AcknowledgeAnnouncement",
    "Actor",
    "AddOp",
    "Alarm",
    "AlarmEvent",
    "Album",
    "Announce",
    "Announcement",
    "AnnouncementEvent",
    "Artist",
    "Artwork",
    "Authentication",
    "AuthenticationFailed",
    "CancelSleepTimer",
    "Capture",
    "ChapterCommand",
    "ClientEvent",
    "ClientMessage",
    "ClientNotFound",
    "Clock",
    "CloseCode",
    "CurrentChanged",
    "CurrentOp",
    "CustomMessage",
    "DiskCache",
    "DismissAlarm",
    "Endpoint",
    "Episode",
    "FileReader",
    "FileTags",
    "Filters",
    "FollowEvent",
    "Follower",
    "Gateway",
    "Genre",
    "GetClients",
    "GetMetrics",
    "Health",
    "Hub",
    "HubError",
    "HubGateway",
    "HubKeys",
    "HubSecret",
    "InternalError",
    "InternalSubscriber",
    "InvalidMessage",
    "IssuedToken",
    "ItemFailed",
    "ItemKind",
    "Lagged",
    "Library",
    "LibraryItem",
    "LibraryRequest",
    "LibraryTrack",
    "LibraryUpdated",
    "Limits",
    "Media",
    "MediaProvider",
    "MessageTooLarge",
    "ModeCommand",
    "MusicSource",
    "NamedItem",
    "NotSupported",
    "Offer",
    "Order",
    "OrderIssued",
    "PairingCodes",
    "Participant",
    "Peer",
    "PermissionDenied",
    "Picture",
    "Playback",
    "PlaybackCommand",
    "PlaybackContext",
    "PlaybackEvent",
    "Player",
    "PlayerNotFound",
    "Playlist",
    "Podcast",
    "PositionChanged",
    "PrepareChanged",
    "PresentUser",
    "Principal",
    "QueueAdd",
    "QueueChanged",
    "QueueClear",
    "QueueItem",
    "QueueItemNotFound",
    "QueueMove",
    "QueueRemove",
    "QueueSongRadio",
    "Request",
    "Revocations",
    "Room",
    "RoomLeave",
    "RoomList",
    "RoomNotFound",
    "RoomSkipVote",
    "SaveAlarm",
    "SaveFollower",
    "ScanProgress",
    "Seal",
    "SearchHit",
    "SeekCommand",
    "Sentence",
    "SerializationFailed",
    "Session",
    "Sessions",
    "SetSleepTimer",
    "Signal",
    "SkipAlarm",
    "SleepTimerInfo",
    "SnoozeAlarm",
    "SpokenKind",
    "StateStore",
    "Station",
    "StatusChanged",
    "Stream",
    "StreamAddress",
    "StreamFinder",
    "Streams",
    "Timeline",
    "Timer",
    "Tokens",
    "TopicMessage",
    "Track",
    "TrackNotFound",
    "Unavailable",
    "Unfinished",
    "UnknownType",
    "UpdateOp",
    "VolumeCommand",
    "build_hub",
    "client_reports",
    "derive_keys",
    "encode_url",
    "error_response",
    "find_named",
    "health",
    "invalid_message",
    "is_http_url",
    "is_of_deleted_player",
    "is_open_path",
    "is_url_of",
    "iso_from_unix",
    "json_response",
    "metrics_report",
    "origin_allowed",
    "parse_keys",
    "parse_url",
    "prometheus",
    "read_body",
    "read_claims",
    "requested_size",
    "require_playable",
    "rotated",
    "settings",
    "title_from_path",
    "track_from_url",
    "traffic",
    "url_track_id",
    "wants_text",
]
