"""Messages about the connection itself: clock, subscriptions, token."""

from msgspec import UNSET

from ..clock import iso_from_unix
from ..dispatcher import ResultThen
from ..hub import Hub
from ..protocol.client import Authenticate, Ping, Refresh, Subscribe, TimeSync, Unsubscribe
from ..protocol.errors import AuthenticationFailed, InvalidMessage, NotSupported, Unavailable
from ..protocol.results import RefreshResult
from ..protocol.server import Pong, TimeSyncReply
from ..sessions.session import Actor, Session


class ConnectionHandlers:
    """Handles messages of connected clients; commands from inside Home Assistant have no connection."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(Authenticate, self.authenticate)
        hub.register(Refresh, self.refresh)
        hub.register(Subscribe, self.subscribe)
        hub.register(Unsubscribe, self.unsubscribe)
        hub.register(Ping, self.ping, limit="sync")
        hub.register(TimeSync, self.time_sync, limit="sync")

    def authenticate(self, _actor: Actor, _message: Authenticate) -> None:
        """Refuse a second `authenticate`."""
        raise InvalidMessage("This connection is already authenticated", ["type"])

    async def refresh(self, actor: Actor, message: Refresh) -> RefreshResult:
        """Replace the session's token by a newer one of the same user."""
        session = _session(actor)
        if session.connection is None:
            raise AuthenticationFailed("The connection is closed")
        principal = await self.hub.identity.authenticate_token(message.token, session.connection.peer)
        if principal.sub != session.principal.sub:
            raise AuthenticationFailed("The token belongs to another user")
        self.hub.sessions.renew(session, principal)
        return {} if principal.expires_at is None else {"expires_at": iso_from_unix(principal.expires_at)}

    def subscribe(self, actor: Actor, message: Subscribe) -> ResultThen:
        """Subscribe to all of the topics or none; the answer precedes their snapshots."""
        session = _session(actor)
        topics = tuple(dict.fromkeys(message.topics))
        subscriptions = self.hub.subscriptions
        subscriptions.require_visible(session, topics)
        if len(session.topics.keys() | set(topics)) > self.hub.limits.max_subscriptions:
            raise Unavailable(f"A client may follow at most {self.hub.limits.max_subscriptions} topics")
        positions = subscriptions.positions(topics)
        return ResultThen({"positions": positions}, lambda: subscriptions.follow(session, topics))

    def unsubscribe(self, actor: Actor, message: Unsubscribe) -> None:
        """Unsubscribe from topics."""
        self.hub.subscriptions.unfollow(_session(actor), message.topics)

    def ping(self, _actor: Actor, message: Ping) -> Pong:
        """Answer a ping."""
        return Pong(server_time_us=self.hub.clock.now_us(), request_id=message.request_id or UNSET)

    def time_sync(self, actor: Actor, message: TimeSync) -> TimeSyncReply:
        """Answer a clock probe."""
        return TimeSyncReply(
            t0_us=message.t0_us,
            t1_us=actor.received_us,
            t2_us=self.hub.clock.now_us(),
            request_id=message.request_id or UNSET,
        )


def _session(actor: Actor) -> Session:
    if actor.session is None:
        raise NotSupported("Only a connected client can do that")
    return actor.session
