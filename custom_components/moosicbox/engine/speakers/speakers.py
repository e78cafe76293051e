"""The speakers that have reached this process, and the players of those that the household has added."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import logging
from typing import Final, Literal

from ..protocol.client import ClientInfo, Request, StreamRequest
from ..protocol.server import PlaybackStatus
from ..signals import Signal
from ..transport.gateway import Gateway
from .client import HubClient, PlayerMessage
from .driver import SpeakerDriver
from .player import FedPlayer
from .renderer.renderer import Renderer

_LOGGER = logging.getLogger(__name__)

MAX_SPEAKERS: Final = 64
"""Speakers that are known at once, added or not."""
CAPABILITIES: Final = ("pause", "seek", "announce", "crossfade", "mix", "speed")
"""Capabilities of every fed player; it takes media of all types, because the renderer decodes them."""

type SpeakerKind = Literal["snapcast", "sendspin"]
type SpeakerState = Literal["connected", "disconnected", "in_use", "other_server", "pairing_required", "incompatible"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerInfo:
    """A speaker as it describes itself.

    Attributes:
        player_id: The id of its player, derived from the speaker's own id.
        kind: Its protocol.
        name: Its own name.
        model: The program or device, if it says so.
        has_volume: True if its volume can be set.
        has_mute: True if it can be muted.
    """

    player_id: str
    kind: SpeakerKind
    name: str
    model: str | None = None
    has_volume: bool = True
    has_mute: bool = True


@dataclass(slots=True, eq=False)
class Speaker:
    """A connected speaker.

    Attributes:
        player: Its player; `None` unless it was added.
    """

    info: SpeakerInfo
    driver: SpeakerDriver
    address: str
    player: FedPlayer | None = None
    client: HubClient | None = None
    task: asyncio.Task[None] | None = None


class Speakers:
    """All speakers of this process.

    Attributes:
        discovered: Emitted when a speaker connects that hasn't been added.
        forgotten: Emitted with the player id of a discovered speaker that has made room for another one.
        state_changed: Emitted with a player's id when the state of its speaker has changed.
        status_changed: Emitted with a player's id and status when that has changed.
    """

    def __init__(self, gateway: Gateway, renderer: Renderer) -> None:
        self.discovered: Signal[SpeakerInfo] = Signal()
        self.forgotten: Signal[str] = Signal()
        self.state_changed: Signal[str, SpeakerState] = Signal()
        self.status_changed: Signal[str, PlaybackStatus] = Signal()
        self._gateway = gateway
        self._renderer = renderer
        self._names: dict[str, str] = {}
        """The names of the players of added speakers."""
        self._speakers: dict[str, Speaker] = {}
        self._waiting: dict[str, SpeakerInfo] = {}
        """The speakers that were seen and haven't been added, by player id."""
        self._states: dict[str, SpeakerState] = {}

    def now_us(self) -> int:
        """Return the hub's time."""
        return self._gateway.clock.now_us()

    def find(self, player_id: str) -> Speaker | None:
        """Return a speaker, or `None`."""
        return self._speakers.get(player_id)

    @property
    def waiting(self) -> list[SpeakerInfo]:
        """The speakers that were seen and haven't been added, at most `MAX_SPEAKERS`."""
        return list(self._waiting.values())

    def is_added(self, player_id: str) -> bool:
        """Return whether a speaker has been added to the household."""
        return player_id in self._names

    def set_added(self, names: Mapping[str, str]) -> None:
        """Set the speakers that the household has added: player ids and names."""
        before, self._names = self._names, dict(names)
        for player_id in names:
            self._waiting.pop(player_id, None)
        for player_id in before.keys() - names.keys():
            if (removed := self._speakers.get(player_id)) is not None:
                self._silence(removed)
                if len(self._waiting) < MAX_SPEAKERS:
                    self._waiting[player_id] = removed.info
            else:
                self._states.pop(player_id, None)
        for player_id, name in names.items():
            speaker = self._speakers.get(player_id)
            if speaker is not None and before.get(player_id) != name:
                self._silence(speaker)
                self._attach(speaker, name)

    # ---- called by the protocols

    def announce(self, info: SpeakerInfo) -> None:
        """Note that a speaker is there; it may have to be paired before it connects.

        Of too many speakers, the one that was seen first and isn't connected makes room.
        """
        if self.is_added(info.player_id):
            return
        self._waiting.pop(info.player_id, None)
        if len(self._waiting) >= MAX_SPEAKERS:
            gone = next((player_id for player_id in self._waiting if player_id not in self._speakers), None)
            if gone is None:
                return
            del self._waiting[gone]
            self._states.pop(gone, None)
            self.forgotten.emit(gone)
        self._waiting[info.player_id] = info
        self.discovered.emit(info)

    def report_volume(self, player_id: str, volume: float, muted: bool) -> None:
        """Note that the volume was changed on a speaker."""
        speaker = self._speakers.get(player_id)
        if speaker is not None and speaker.player is not None:
            speaker.player.report_volume(volume, muted=muted)

    def accept(self, info: SpeakerInfo, driver: SpeakerDriver, address: str) -> bool:
        """Accept a speaker that has connected; return False if there are `MAX_SPEAKERS` already."""
        if (before := self._speakers.get(info.player_id)) is not None:
            self._detach(before)
        elif len(self._speakers) >= MAX_SPEAKERS:
            _LOGGER.warning("%s isn't served: there are %s speakers already", info.name, MAX_SPEAKERS)
            return False
        speaker = self._speakers[info.player_id] = Speaker(info, driver, address)
        if (name := self._names.get(info.player_id)) is None:
            self.announce(info)
        else:
            self._attach(speaker, name)
        self.set_state(info.player_id, "connected")
        return True

    def mark_disconnected(self, player_id: str, driver: SpeakerDriver, state: SpeakerState = "disconnected") -> None:
        """Note that a speaker has disconnected; a newer connection of it isn't affected."""
        speaker = self._speakers.get(player_id)
        if speaker is None or speaker.driver is not driver:
            return
        self._detach(speaker)
        del self._speakers[player_id]
        self.set_state(player_id, state)
        if not self.is_added(player_id):
            self._states.pop(player_id, None)

    def set_state(self, player_id: str, state: SpeakerState) -> None:
        """Set the state of a speaker, unless it isn't known or was forgotten."""
        is_known = any(player_id in known for known in (self._names, self._speakers, self._waiting))
        if is_known and self.state_of(player_id) != state:
            self._states[player_id] = state
            self.state_changed.emit(player_id, state)

    def state_of(self, player_id: str) -> SpeakerState:
        """Return the state of a speaker, connected or not."""
        return self._states.get(player_id, "disconnected")

    def send(self, player_id: str, command: Request) -> None:
        """Send a command in the name of a speaker's player, as when a button on the speaker was pressed."""
        speaker = self._speakers.get(player_id)
        if speaker is not None and speaker.client is not None:
            speaker.client.send(command)

    async def close(self) -> None:
        """Disconnect all players."""
        tasks = [speaker.task for speaker in self._speakers.values() if speaker.task is not None]
        for speaker in self._speakers.values():
            self._detach(speaker)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._renderer.close()

    # ---- players

    def _attach(self, speaker: Speaker, name: str) -> None:
        driver, info = speaker.driver, speaker.info
        capabilities = (*CAPABILITIES, *(["volume"] if info.has_volume else []), *(["mute"] if info.has_mute else []))
        client = HubClient(
            self._gateway,
            ClientInfo(
                name=name,
                kind="player",
                player_id=info.player_id,
                version=info.model,
                capabilities=capabilities,
                lead_ms=driver.lead_us / 1000,
            ),
            speaker.address,
        )
        player = FedPlayer(
            name,
            driver,
            self._renderer,
            self.now_us,
            send=client.send,
            renew=lambda item_id: _renew(client, item_id),
        )
        speaker.player, speaker.client = player, client
        speaker.task = asyncio.create_task(self._run(client, player), name=f"moosicbox speaker {info.player_id}")

    async def _run(self, client: HubClient, player: FedPlayer) -> None:
        clock_id: str | None = None

        def handle_connected() -> None:
            nonlocal clock_id
            if clock_id not in (None, self._gateway.clock.clock_id):
                player.reset()
            clock_id = self._gateway.clock.clock_id
            player.handle_connected()

        def handle_message(message: PlayerMessage) -> None:
            if isinstance(message, PlaybackStatus):
                self.status_changed.emit(client.player_id, message)
            elif isinstance(message.topic, str) and message.topic.startswith("play:"):
                player.handle_message(message)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(player.run())
            tasks.create_task(client.run(player.handle_opening, handle_connected, handle_message))

    def _silence(self, speaker: Speaker) -> None:
        """Detach a speaker that stays connected."""
        # Audio that the speaker still holds would overlap with that of its next player.
        speaker.driver.clear()
        self._detach(speaker)

    def _detach(self, speaker: Speaker) -> None:
        if speaker.task is not None:
            speaker.task.cancel()
            speaker.task = speaker.player = speaker.client = None


def sendspin_player_id(client_id: str) -> str:
    """Return the player id of a Sendspin speaker, whose own id is longer than a player's may be, and case-sensitive."""
    return f"sendspin-{hashlib.sha256(client_id.encode()).hexdigest()[:20]}"


async def _renew(client: HubClient, item_id: str) -> str:
    return (await client.request(StreamRequest(queue_item_id=item_id)))["stream_url"]
