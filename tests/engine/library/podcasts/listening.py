"""A household that listens to its library, in virtual time."""

import asyncio
from typing import Any

from custom_components.moosicbox.engine.access.rights import Principal
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.library.index.positions import Kept
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import Episode
from custom_components.moosicbox.engine.playback.playback import Playback
from custom_components.moosicbox.engine.protocol.client import QueueAdd
from custom_components.moosicbox.engine.sessions.session import Actor
from tests.engine.fakes import Harness, principal, settle

ADA, BEN = principal("ada"), principal("ben")
HOUR = 3_600.0


class Listening(Harness):
    """A hub with a library and two players."""

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.library = library
        self.hub = build_hub(
            version="test",
            media=self.media,
            authentication=self.authentication,
            store=self.store,
            clock=self.clock,
            library=library,
        )
        vars(self.hub.writer)["_schedule"] = self.hub.writer.flush_pending
        for name in ("kitchen", "bath"):
            self.connect(ADA, player_id=name)

    def playback(self, player: str) -> Playback:
        return self.hub.players.get(player).active_playback

    async def do(self, message: Any, who: Principal = ADA) -> Any:
        outcome = await self.hub.dispatcher.execute(Actor(who, None, self.clock.now_us()), message)
        await self.done()
        return outcome

    async def done(self) -> None:
        await settle()
        while tasks := list(self.hub.tasks):
            await asyncio.gather(*tasks, return_exceptions=True)
            await settle()

    async def play(self, episode: Episode, player: str = "kitchen", who: Principal = ADA) -> float:
        """Play an episode; return where it starts."""
        await self.do(QueueAdd(player_id=player, track_ids=(episode.track_id,), place="replace", play=True), who)
        assert self.playback(player).is_active
        return self.playback(player).timeline.position

    async def listen(self, seconds: float) -> None:
        end_us = self.clock.time_us + round(seconds * 1e6)
        while (due_us := self.hub.timers.next_due_us) is not None and due_us <= end_us:
            self.clock.time_us = max(self.clock.time_us, due_us)
            self.hub.timers.run(self.clock.time_us)
            await self.done()
        self.clock.time_us = end_us

    async def position(self, episode: Episode, who: Principal | None = ADA) -> Kept:
        return await self.library.people.position(None if who is None else who.sub, episode.track_id)
