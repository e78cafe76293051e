"""A hub with players in virtual time; tests send the players' messages."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import PlayerReport, Request
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.protocol.household import Alarm
from custom_components.moosicbox.engine.rooms.room import Room
from custom_components.moosicbox.engine.sessions.session import Actor, Session
from tests.engine.fakes import SECOND, FakeConnection, Harness, ManualClock, principal, settle

MINUTE = 60
HOUR = 3_600
ADA = principal("ada")


class HouseholdStage:
    """A hub with connected players. Time passes from timer to timer, and tasks run in between."""

    def __init__(self, *players: str, kept: dict[str, Any] | None = None) -> None:
        self.harness = Harness(Limits(cleanup_interval=HOUR), kept=kept)
        self.hub = self.harness.hub
        self.names = players
        self.sessions: dict[str, Session] = {}
        self.wires: dict[str, FakeConnection] = {}
        self.mute: set[str] = set()
        """Players that don't report that they play."""
        self.received: dict[str, list[dict[str, Any]]] = {}
        """The messages to each player."""
        self.log: list[str] = []
        """The events of alarms: kind, name, reason, and the local time."""
        self.capabilities: tuple[str, ...] | None = None

    async def start(self) -> None:
        self.hub.household.alarms.happened.subscribe(self._alarm_happened)
        await self.hub.start()
        for name in self.names:
            self.connect(name)
        await self.pass_seconds(0)

    def connect(self, name: str) -> None:
        self.sessions[name], self.wires[name] = self.harness.connect(ADA, player_id=name, name=name.title())
        if self.capabilities is not None:
            self.player(name).capabilities = self.capabilities

    def lose(self, name: str) -> None:
        self.harness.lose(self.sessions.pop(name), ended=True)

    async def restart(self, after_seconds: float = 0.0, *, wall_seconds: float | None = None) -> HouseholdStage:
        """Kill the hub, and return another stage, whose hub has restored the stored state.

        `wall_seconds` is how far the time of day has moved meanwhile, if that differs.
        """
        assert self.harness.store.state is not None
        kept = self.harness.store.state()
        await self.hub.halt()
        again = HouseholdStage(*self.names, kept=kept)
        again.mute, again.capabilities = set(self.mute), self.capabilities
        again.log = self.log
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
            await self._answer()
        self.clock.time_us = end_us
        await self._answer()

    async def pass_to(self, day: int, at: str, zone: tzinfo = UTC) -> None:
        """Let time pass to a local time of a day in November 2026, or of a later month if `day` goes on counting."""
        target = datetime.combine(date(2026, 11, 1) + timedelta(days=day - 1), time.fromisoformat(at), zone)
        await self.pass_seconds(target.timestamp() - self.clock.utc().timestamp())

    async def _answer(self) -> None:
        # Players begin to play at once, and report it.
        await settle()
        for name, wire in self.wires.items():
            messages = wire.take()
            self.received.setdefault(name, []).extend(messages)
            orders = [message for message in messages if message["type"] == "synchronized_playback"]
            if name not in self.sessions or name in self.mute or not orders or orders[-1]["command"] != "play":
                continue
            order = orders[-1]
            report = PlayerReport(
                state="playing",
                position_seconds=order["start_position"],
                at_us=order["sync_time_us"],
                queue_item_id=order["queue_item_id"],
            )
            if order["sync_time_us"] <= self.clock.time_us + SECOND:
                await self.do(report, name)
        await settle()

    def _alarm_happened(self, alarm: Alarm, kind: str, reason: str) -> None:
        local = self.clock.utc().astimezone(self.hub.household.alarms.zone)
        self.log.append(" ".join(filter(None, (f"{local:%a %H:%M:%S}", kind, alarm.name, reason))))

    def player(self, name: str) -> Player:
        return self.hub.players.get(name)

    def room(self, room_id: str) -> Room:
        room = self.hub.rooms.find(room_id)
        assert room is not None
        return room

    def is_playing(self, name: str) -> bool:
        return self.player(name).active_playback.timeline.playing
