"""The complete state of a session, and where its connection is."""

import msgspec

from ..access.rights import Principal
from ..hub import Hub
from ..protocol.client import ClientInfo
from ..protocol.types import Record
from ..sessions.session import Session
from ..sessions.withheld import Withheld
from .link import RemoteConnection


class SavedSession(Record, frozen=True, kw_only=True):
    """A session."""

    session_id: str
    client_id: str
    secret: str
    principal: Principal
    client: ClientInfo
    connected_at: str
    topics: tuple[str, ...]
    follows_players: bool
    pending_topics: tuple[str, ...] = msgspec.field(name="came")
    """Topics that were assigned while the client was disconnected."""
    released: dict[str, int] = {}
    """The offsets at which topics were released that had been withheld."""
    edge: str | None
    """The edge that has the connection, `None` if there is none."""
    connection: int
    """The number of the connection at that edge."""
    transport: str
    address: str


def capture_session(session: Session) -> SavedSession:
    """Return the state of `session`."""
    connection = session.connection
    remote = connection if isinstance(connection, RemoteConnection) else None
    return SavedSession(
        session_id=session.session_id,
        client_id=session.client_id,
        secret=session.secret,
        principal=session.principal,
        client=session.client,
        connected_at=session.connected_at,
        topics=tuple(session.topics),
        follows_players=session.follows_players,
        pending_topics=session.pending_topics,
        released={} if session.withheld is None else session.withheld.released,
        edge=remote.link.edge if remote else None,
        connection=remote.number if remote else 0,
        transport=remote.transport if remote else "",
        address=remote.peer.address if remote else "",
    )


def restore_session(hub: Hub, state: SavedSession, connection: RemoteConnection | None) -> Session:
    """Add the session that was captured to `hub`, on its connection if that still exists."""
    session = Session(state.principal, state.client, hub.limits, state.connected_at)
    session.session_id, session.client_id, session.secret = state.session_id, state.client_id, state.secret
    session.topics = dict.fromkeys(state.topics)
    session.follows_players = state.follows_players
    session.pending_topics = state.pending_topics
    if state.released:
        session.withheld = Withheld()
        session.withheld.released = dict(state.released)
    hub.sessions.restore(session, connection)
    return session
