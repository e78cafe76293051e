"""What players say of themselves."""

from typing import TYPE_CHECKING

from ..clock import iso_from_unix
from ..playback.media import lossy_types
from ..playback.player import Player
from ..protocol.client import PlayerReport, StreamRequest
from ..protocol.errors import NotSupported
from ..sessions.session import Actor

if TYPE_CHECKING:
    from ..hub import Hub


class ReportHandlers:
    """For players only."""

    def __init__(self, hub: Hub) -> None:
        """Puts its messages into the hub's table."""
        self.hub = hub
        hub.register(PlayerReport, self.report, "play", "reports")
        hub.register(StreamRequest, self.stream, "play", "reports")

    def report(self, actor: Actor, message: PlayerReport) -> None:
        """State and position."""
        self.hub.players.report(self._player(actor), message)

    async def stream(self, actor: Actor, message: StreamRequest) -> dict[str, str | None]:
        """A fresh address for an item."""
        player = self._player(actor)
        item = player.playback.queue.get(message.queue_item_id)
        accepts = lossy_types(player.accepts) if message.data_saver else player.accepts
        address = await self.hub.conductor.fresh_address(item, accepts)
        expires_at = None if address.expires_at is None else iso_from_unix(address.expires_at)
        return {"stream_url": address.url, "expires_at": expires_at}

    def _player(self, actor: Actor) -> Player:
        if actor.session is None or (player_id := actor.session.player_id) is None:
            raise NotSupported("Only a player can do that")
        return self.hub.players.get(player_id)
