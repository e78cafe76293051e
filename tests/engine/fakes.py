"""Fakes for the engine's environment: clock, media, connections, store, authentication; factories of tracks and items."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import itertools
import json
import random
from typing import Any, override

from custom_components.moosicbox.engine.access.authentication import Authentication, Peer
from custom_components.moosicbox.engine.access.rights import ROLES, Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.clock import Clock
from custom_components.moosicbox.engine.delivery.outbox import DISCARD, Outbox
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.metrics import Traffic
from custom_components.moosicbox.engine.playback.media import Accepts, Media, StreamAddress
from custom_components.moosicbox.engine.protocol.client import Authenticate, ClientInfo, Request, Resume
from custom_components.moosicbox.engine.protocol.codec import Decoded
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed, TrackNotFound
from custom_components.moosicbox.engine.protocol.types import ClientKind, QueueItem, Track, UserRef
from custom_components.moosicbox.engine.sessions.session import Connection, Session

SECOND = 1_000_000
"""In microseconds."""
EPOCH = datetime(2026, 11, 23, tzinfo=UTC)
"""The time of day when a manual clock shows 0."""


class ManualClock(Clock):
    """A clock that a test advances."""

    def __init__(self, now_us: int = 1_000 * SECOND) -> None:
        super().__init__()
        self.time_us = now_us
        self.jump_us = 0
        """How far the time of day was set apart from hub time."""

    @override
    def now_us(self) -> int:
        return self.time_us

    @override
    def utc(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.time_us + self.jump_us)

    def pass_seconds(self, seconds: float) -> None:
        self.time_us += round(seconds * SECOND)


class FakeConnection:
    """A connection without a client: its messages are read by the test."""

    transport = "fake"

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self.outbox = Outbox(limits.outbound_bytes, limits.outbound_messages, self, DISCARD)
        self.traffic = Traffic()
        self.peer = Peer("127.0.0.1", None)
        self.closed: CloseCode | None = None
        self.overflowed = False
        self._received: list[dict[str, Any]] = []

    def close(self, code: CloseCode, reason: str) -> None:
        self._take()
        self.outbox.close()
        self.closed = code

    def take(self) -> list[dict[str, Any]]:
        """Return all messages since the last call."""
        self._take()
        received, self._received = self._received, []
        return received

    def _take(self) -> None:
        while len(self.outbox):
            self._received += [json.loads(frame.payload) for frame in self.outbox.pop_frames(65_536)]

    def flush(self) -> bool:
        return True

    def overflow(self) -> None:
        self.overflowed = True

    def fail(self, error: Exception) -> None:
        raise error


class FakeAuthentication(Authentication):
    """Recognises the tokens in `tokens`."""

    def __init__(self) -> None:
        self.tokens: dict[str, Principal] = {}
        self.revoked: set[str] = set()
        """Credentials whose access has ended."""

    @override
    async def authenticate_token(self, token: str, peer: Peer) -> Principal:
        if token not in self.tokens:
            raise AuthenticationFailed("The token is not accepted")
        return self.tokens[token]

    @override
    def verify_again(self, principal: Principal, peer: Peer | None) -> Principal:
        if principal.credential in self.revoked:
            raise AuthenticationFailed("The token is not accepted")
        return principal


class FakeMedia:
    """A provider that finds every track but the `missing` ones; after `hold`, look-ups wait for `release`."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.asked: list[str] = []
        self.accepted: list[Accepts] = []
        """The formats for which addresses were requested."""
        self.refused: dict[str, Exception] = {}
        """The exceptions that look-ups of a sub raise."""
        self._gate: asyncio.Event | None = None

    def hold(self) -> None:
        self._gate = asyncio.Event()

    def release(self) -> None:
        if self._gate is not None:
            self._gate.set()

    async def resolve(self, media_content_id: str, principal: Principal) -> Media:
        self.asked.append(media_content_id)
        if self._gate is not None:
            await self._gate.wait()
        if (refusal := self.refused.get(principal.sub)) is not None:
            raise refusal
        if media_content_id in self.missing:
            raise TrackNotFound(f"{media_content_id} is gone")
        name = media_content_id.rpartition("/")[2]
        return Media(track=track(name), source=f"/media/{name}.flac", mime_type="audio/flac")

    async def resolve_tracks(self, track_ids: Sequence[str], principal: Principal) -> list[Media]:
        found = [await self.resolve(f"test/{track_id}", principal) for track_id in track_ids]
        return [replace(media, in_library=True) for media in found]

    def require_fetchable(self, url: str) -> None:
        """Do nothing: every URL may be fetched."""

    def remember(self, track: Track) -> None:
        """Do nothing: every track is known."""

    def stream_address(self, media: Media, accepts: Accepts = None) -> StreamAddress:
        self.accepted.append(accepts)
        return StreamAddress(f"{media.source}?sig=1", 1_800_000_000.0)


class FakeStore:
    """Keeps the function that captures the state, as a store does until it writes."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        self.kept = kept
        self.aside: dict[str, Any] | None = None
        """The state that could not be read."""
        self.positions: dict[str, Any] | None = None
        self.state: Callable[[], dict[str, Any]] | None = None
        self.capture: Callable[[], Callable[[], bytes]] | None = None

    async def load(self) -> dict[str, Any] | None:
        return self.kept

    async def load_positions(self) -> dict[str, Any] | None:
        return self.positions

    async def set_aside(self, stored: dict[str, Any]) -> str:
        self.aside = stored
        return "aside.json"

    def save_positions(self, positions: bytes) -> None:
        self.positions = json.loads(positions)

    def save_soon(self, capture: Callable[[], Callable[[], bytes]]) -> None:
        self.capture = capture
        self.state = lambda: json.loads(capture()())


def track(name: str, duration: float | None = 180.0) -> Track:
    return Track(track_id=name, title=name.title(), duration=duration, media_content_id=f"test/{name}")


_ids = itertools.count(1)


def item(name: str = "", duration: float | None = 180.0) -> QueueItem:
    """Return an item with a unique id; `name` names the track and the item."""
    number = next(_ids)
    return QueueItem(
        queue_item_id=name or f"item-{number}",
        track=track(name or f"track-{number}", duration),
        added_by=UserRef(id="ada", name="Ada"),
        added_at="2026-11-23T00:00:00.000Z",
    )


def principal(sub: str = "ada", *permissions: str, role: str = "user", **more: Any) -> Principal:
    """Return a principal with these permissions, or those of a role."""
    granted = frozenset(permissions) or ROLES[role]
    return Principal(sub=sub, name=sub.title(), permissions=granted, credential=f"{sub}-token", **more)


class Harness:
    """A hub on manual time whose tokens are looked up in `tokens`. Its timers run when time passes."""

    def __init__(self, limits: Limits | None = None, kept: dict[str, Any] | None = None) -> None:
        self.clock = ManualClock()
        self.media = FakeMedia()
        self.store = FakeStore(kept)
        self.authentication = FakeAuthentication()
        self.hub = build_hub(
            version="test",
            media=self.media,
            authentication=self.authentication,
            store=self.store,
            limits=limits,
            clock=self.clock,
        )
        # Frames stay in the outboxes, where tests read them.
        vars(self.hub.writer)["_schedule"] = self.hub.writer.flush_pending

    @property
    def tokens(self) -> dict[str, Principal]:
        return self.authentication.tokens

    @tokens.setter
    def tokens(self, tokens: dict[str, Principal]) -> None:
        self.authentication.tokens = tokens

    def pass_seconds(self, seconds: float) -> None:
        """Advance the clock from timer to timer."""
        end_us = self.clock.time_us + round(seconds * SECOND)
        while (due_us := self.hub.timers.next_due_us) is not None and due_us <= end_us:
            self.clock.time_us = max(self.clock.time_us, due_us)
            self.hub.timers.run(self.clock.time_us)
        self.clock.time_us = end_us

    def connect(self, who: Principal | None, **fields: Any) -> tuple[Session, FakeConnection]:
        """Return a new session and its connection. Raise Refused if it isn't admitted."""
        connection = FakeConnection(self.hub.limits)
        return self.open(connection, who, **fields), connection

    def open(
        self,
        connection: Connection,
        who: Principal | None,
        *,
        player_id: str | None = None,
        name: str = "Client",
        capabilities: tuple[str, ...] | None = None,
        subscribe: tuple[str, ...] | None = None,
        resume: Resume | None = None,
        request_id: str | None = None,
    ) -> Session:
        """Open a session on a connection."""
        kind: ClientKind = "player" if player_id else "controller"
        client = ClientInfo(name=name, kind=kind, player_id=player_id, capabilities=capabilities)
        message = Authenticate(client=client, subscribe=subscribe, resume=resume, request_id=request_id)
        return self.hub.sessions.open(connection, message, who)

    def lose(self, session: Session, *, ended: bool = False) -> None:
        """Break the session's connection, or let the client close it (`ended`)."""
        connection = session.connection
        assert connection is not None
        self.hub.sessions.connection_lost(session, connection, ended=ended)

    def say(self, session: Session, message: Request) -> None:
        """Receive a message from a client."""
        self.hub.dispatcher.receive(session, Decoded(message.request_id, message), self.clock.now_us())


def chance(seed: int) -> random.Random:
    """Return a random generator with a fixed seed."""
    return random.Random(seed)  # noqa: S311 - not for secrets


async def settle() -> None:
    """Run all tasks that are ready."""
    for _ in range(20):
        await asyncio.sleep(0)


def of_type(messages: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    return [message for message in messages if message["type"] in types]
