"""Messages of players: reports and requests for stream addresses."""

from ..clock import iso_from_unix
from ..hub import Hub
from ..playback.media import lossy_types
from ..playback.player import Player
from ..protocol.client import PlayerReport, StreamRequest
from ..protocol.errors import NotSupported
from ..protocol.results import StreamResult
from ..sessions.session import Actor


class ReportHandlers:
    """Handles messages that only players may send."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def register(self) -> None:
        """Add the messages to the hub's table."""
        hub = self.hub
        hub.register(PlayerReport, self.report, "play", "reports")
        hub.register(StreamRequest, self.stream, "play", "reports")

    def report(self, actor: Actor, message: PlayerReport) -> None:
        """Apply a report of a player's state and position."""
        self.hub.players.report(self._player(actor), message)

    async def stream(self, actor: Actor, message: StreamRequest) -> StreamResult:
        """Return a new stream address for a queue item."""
        player = self._player(actor)
        playback = player.active_playback
        item = playback.queue.get(message.queue_item_id)
        accepts = lossy_types(player.accepts) if message.data_saver else player.accepts
        address = await self.hub.media_resolver.renew_stream_address(item, accepts, playback.live_since_of(item))
        expires_at = None if address.expires_at is None else iso_from_unix(address.expires_at)
        return {"stream_url": address.url, "expires_at": expires_at}

    def _player(self, actor: Actor) -> Player:
        if actor.session is None or (player_id := actor.session.player_id) is None:
            raise NotSupported("Only a player can do that")
        return self.hub.players.get(player_id)
