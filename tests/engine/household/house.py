"""A house in virtual time: players that only a test speaks for."""

from typing import Any

from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import Request
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.rooms.room import Room
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from tests.engine.fakes import SECOND, FakeConnection, Harness, ManualClock, principal, settle

MINUTE = 60
HOUR = 3_600
ADA = principal("ada")


class House:
    """A hub with connected players. Time passes from timer to timer, and tasks run in between."""

    def __init__(self, *players: str, kept: dict[str, Any] | None = None) -> None:
        self.harness = Harness(kept=kept)
        self.hub = self.harness.hub
        self.names = players
        self.sessions: dict[str, Session] = {}
        self.wires: dict[str, FakeConnection] = {}

    async def start(self) -> None:
        await self.hub.start()
        for name in self.names:
            self.connect(name)
        await self.pass_seconds(1)

    def connect(self, name: str) -> None:
        self.sessions[name], self.wires[name] = self.harness.connect(ADA, player_id=name, name=name.title())

    def lose(self, name: str) -> None:
        self.harness.lose(self.sessions.pop(name), ended=True)

    async def restart(self, after_seconds: float = 0.0, *, wall_seconds: float | None = None) -> House:
        """Kill the hub, and return a house whose hub has restored the stored state.

        `wall_seconds` is how far the time of day has moved meanwhile, if that differs.
        """
        assert self.harness.store.state is not None
        kept = self.harness.store.state()
        await self.hub.halt()
        again = House(*self.names, kept=kept)
        again.clock.time_us = self.clock.time_us + round(after_seconds * SECOND)
        if wall_seconds is not None:
            again.clock.jump_us = self.clock.jump_us + round((wall_seconds - after_seconds) * SECOND)
        else:
            again.clock.jump_us = self.clock.jump_us
        await again.start()
        return again

    @property
    def clock(self) -> ManualClock:
        return self.harness.clock

    async def stop(self) -> None:
        await self.hub.stop(CloseCode.GOING_AWAY, "Over")

    async def do(self, message: Request[Any], name: str | None = None) -> Any:
        session = None if name is None else self.sessions[name]
        outcome = await self.hub.dispatcher.execute(Actor(ADA, session, self.clock.now_us()), message)
        await settle()
        return outcome

    async def pass_seconds(self, seconds: float) -> None:
        end_us = self.clock.time_us + round(seconds * SECOND)
        timers = self.hub.timers
        while (due_us := timers.next_due_us) is not None and due_us <= end_us:
            self.clock.time_us = max(self.clock.time_us, due_us)
            timers.run(self.clock.time_us)
            await settle()
        self.clock.time_us = end_us
        await settle()

    def player(self, name: str) -> Player:
        return self.hub.players.get(name)

    def room(self, room_id: str) -> Room:
        room = self.hub.rooms.find(room_id)
        assert room is not None
        return room

    def is_playing(self, name: str) -> bool:
        return self.player(name).active_playback.timeline.playing
