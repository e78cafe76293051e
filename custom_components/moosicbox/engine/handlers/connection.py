"""Messages about the connection itself: clocks, subscriptions, tokens."""

from msgspec import UNSET

from ..clock import iso_from_unix
from ..dispatcher import Followed
from ..hub import Hub
from ..protocol.client import Authenticate, Ping, Refresh, Subscribe, TimeSync, Unsubscribe
from ..protocol.errors import AuthenticationFailed, InvalidMessage, NotSupported, Unavailable
from ..protocol.results import RefreshResult
from ..protocol.server import Pong, TimeSyncReply
from ..sessions.session import Actor, Session


class ConnectionHandlers:
    """For clients only: somebody inside the house has no connection."""

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
        """Only the first message may be this one."""
        raise InvalidMessage("This connection is authenticated already", ["type"])

    async def refresh(self, actor: Actor, message: Refresh) -> RefreshResult:
        """Take a newer token of the same sub."""
        session = _session(actor)
        if session.connection is None:
            raise AuthenticationFailed("The connection is gone")
        principal = await self.hub.identity.authenticate_token(message.token, session.connection.peer)
        if principal.sub != session.principal.sub:
            raise AuthenticationFailed("The token belongs to somebody else")
        self.hub.sessions.renew(session, principal)
        return {} if principal.expires_at is None else {"expires_at": iso_from_unix(principal.expires_at)}

    def subscribe(self, actor: Actor, message: Subscribe) -> Followed:
        """All of the topics or none; the answer comes before what they carry."""
        session = _session(actor)
        topics = tuple(dict.fromkeys(message.topics))
        subscriptions = self.hub.subscriptions
        subscriptions.require_visible(session, topics)
        if len(session.topics.keys() | set(topics)) > self.hub.limits.max_subscriptions:
            raise Unavailable(f"A client follows at most {self.hub.limits.max_subscriptions} topics", again=False)
        positions = subscriptions.positions(topics)
        return Followed({"positions": positions}, lambda: subscriptions.follow(session, topics))

    def unsubscribe(self, actor: Actor, message: Unsubscribe) -> None:
        """No more of these."""
        self.hub.subscriptions.unfollow(_session(actor), message.topics)

    def ping(self, _actor: Actor, message: Ping) -> Pong:
        """Here."""
        return Pong(server_time_us=self.hub.clock.now_us(), request_id=message.request_id or UNSET)

    def time_sync(self, actor: Actor, message: TimeSync) -> TimeSyncReply:
        """One probe of the clocks."""
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
