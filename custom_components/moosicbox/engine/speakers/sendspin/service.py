"""The Sendspin server: finds out who the speakers are, and connects those that were added to their players.

Speakers are dialled at their address, or dial this server's own endpoint.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
import logging
from typing import Any, Final

from aiohttp import ClientError, ClientSession, web
from aiosendspin.models.types import ConnectionReason, GoodbyeReason
from aiosendspin.server import SendspinServer
from aiosendspin.server.client import SendspinClient
from aiosendspin.server.server import ClientConnectedEvent, ClientDisconnectedEvent, SendspinEvent

from ...protocol.client import Request
from ...protocol.server import PlaybackStatus
from ..speakers import SpeakerInfo, Speakers, SpeakerState, sendspin_player_id
from .artwork import FindPicture, SpeakerArtwork
from .controls import SendspinControls
from .driver import SendspinDriver, Unsupported
from .pairing import PairingMethod, SendspinPairing, methods_of
from .role import ROLE_ID, FedPlayerRole
from .roles import add_finder
from .store import PairingStore

_LOGGER = logging.getLogger(__name__)

PORT: Final = 8927
PORTS: Final = 16
"""Ports that are tried, from the first one on: another server may run on this machine."""
PATH: Final = SendspinServer.API_PATH
MAX_CONNECTIONS: Final = 64
REDIAL_SECONDS: Final = 20.0
"""How often an added speaker that isn't connected is dialled."""
PROBE_TIMEOUT: Final = 15.0

_STATES: Final[Mapping[GoodbyeReason | None, SpeakerState]] = {
    GoodbyeReason.ANOTHER_SERVER: "other_server",
    GoodbyeReason.CONCURRENT_ATTEMPT: "other_server",
    GoodbyeReason.PAIRING_REQUIRED: "pairing_required",
    GoodbyeReason.UNAUTHORIZED: "pairing_required",
    GoodbyeReason.UNPAIRED: "pairing_required",
}


class NotReachable(Exception):
    """There is no speaker at an address, or it is busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A speaker that could be added.

    Attributes:
        url: Where it is dialled; `None` if it dials this server.
        methods: How it can be paired.
        may_stay_unpaired: True if it can be used without pairing.
        is_admitted: True if it is paired or trusted already.
    """

    info: SpeakerInfo
    url: str | None
    methods: tuple[PairingMethod, ...]
    may_stay_unpaired: bool
    is_admitted: bool


@dataclass(slots=True, eq=False)
class _Connected:
    """A speaker whose player role is active."""

    driver: SendspinDriver
    controls: SendspinControls


class SendspinService:
    """Serves Sendspin speakers."""

    def __init__(
        self,
        speakers: Speakers,
        store: PairingStore,
        name: str,
        session: ClientSession,
        find_picture: FindPicture | None = None,
        *,
        strict: bool = False,
    ) -> None:
        """Create a server that doesn't run yet.

        Args:
            speakers: Is notified of speakers.
            store: The server's identity and pairings.
            name: The name that speakers show.
            session: Makes connections to speakers.
            find_picture: Finds the pictures of tracks; `None` if none are shown.
            strict: Refuse speakers that deviate from the protocol in what could be tolerated.
        """
        self.speakers = speakers
        self.store = store
        self.port: int | None = None
        """The port of the endpoint; `None` while stopped, or if no port was free."""
        self.server = SendspinServer(
            asyncio.get_running_loop(),
            store.identity,
            name,
            session,
            pairing_store=store,
            clock=_HubClock(speakers),
            allow_noncompliant_clients=not strict,
        )
        self._find_picture = find_picture
        self._connected: dict[str, _Connected] = {}
        self._addresses: dict[str, str] = {}
        """Where the added speakers are dialled, by player id."""
        self._runner: web.AppRunner | None = None
        self._connections = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stops = [
            self.server.add_event_listener(self._handle),
            add_finder(lambda client: self if self.server.get_client(client.client_id) is client else None),
            speakers.status_changed.subscribe(self._show_status),
        ]

    # ---- life cycle

    async def start(self, host: str | None = None, first_port: int = PORT) -> None:
        """Open the endpoint on the first free port, and begin to dial speakers."""
        app = web.Application()
        app.router.add_get(PATH, self._accept)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        for port in range(first_port, first_port + PORTS):
            try:
                await web.TCPSite(self._runner, host, port).start()
            except OSError:
                continue
            self.port = port
            break
        else:
            _LOGGER.warning("Speakers can't connect by themselves: no port from %s on is free", first_port)
        self.spawn(self._redial())

    async def stop(self) -> None:
        """Disconnect all speakers, and stop."""
        for stop in self._stops:
            stop()
        self._stops.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for player_id in tuple(self._connected):
            self._disconnect(player_id, "disconnected")
        await self.server.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self.port = None

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine in the background."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- speakers that were added

    def set_addresses(self, addresses: Mapping[str, str]) -> None:
        """Set where added speakers are dialled: URLs by player id. The other speakers dial this server."""
        for player_id, url in self._addresses.items():
            if addresses.get(player_id) != url:
                self.server.disconnect_from_client(url)
        self._addresses = dict(addresses)
        self._dial_missing()

    def reclaim(self, player_id: str) -> None:
        """Ask a speaker to leave another server and come to this one."""
        if (url := self._addresses.get(player_id)) is not None:
            self.server.connect_to_client(url, connection_reason=ConnectionReason.PLAYBACK)

    # ---- speakers that are being added

    async def probe(self, url: str) -> Candidate:
        """Dial a speaker, and return its description. Raise NotReachable if there is none, or it is busy."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT):
                await self.server.connect_to_client_and_wait(url)
                client_id = await self._client_at(url)
        except (OSError, ClientError, TimeoutError, ValueError) as error:
            self.server.disconnect_from_client(url)
            raise NotReachable from error
        if (candidate := self.candidate(sendspin_player_id(client_id))) is None:
            raise NotReachable
        return candidate

    async def _client_at(self, url: str) -> str:
        connected = asyncio.Event()
        unsubscribe = self.server.add_event_listener(lambda _server, _event: connected.set())
        try:
            while (client_id := self.server.get_client_id_for_url(url)) is None:
                connected.clear()
                await connected.wait()
        finally:
            unsubscribe()
        return client_id

    def candidate(self, player_id: str) -> Candidate | None:
        """Return what is known of a speaker that has connected."""
        client = self.client_of(player_id)
        if client is None or client.info_or_none is None:
            return None
        return Candidate(
            info=speaker_of(client),
            url=self.server.get_client_url(client.client_id),
            methods=methods_of(client),
            may_stay_unpaired=client.info.unpaired_access.enabled,
            is_admitted=client.role(ROLE_ID) is not None,
        )

    def pairing(self, player_id: str, method: PairingMethod) -> SendspinPairing:
        """Return an attempt to pair with a speaker that has connected. Raise NotReachable."""
        if (client := self.client_of(player_id)) is None:
            raise NotReachable
        return SendspinPairing(self.server, client.client_id, method)

    async def trust(self, player_id: str) -> None:
        """Use a speaker without pairing, which it must permit. Raise NotReachable."""
        if (client := self.client_of(player_id)) is None:
            raise NotReachable
        await self.server.trust_unpaired(client.client_id)

    async def forget(self, player_id: str) -> None:
        """Forget a speaker and its pairing, and have it forget this server if it is connected."""
        if (url := self._addresses.pop(player_id, None)) is not None:
            self.server.disconnect_from_client(url)
        if (client := self.client_of(player_id)) is not None and client.connection is not None:
            with suppress(ValueError):
                await self.server.unpair(client.client_id)
        for client_id in await self.store.client_ids():
            if sendspin_player_id(client_id) == player_id:
                await self.store.remove_record(client_id)
                await self.server.untrust_unpaired(client_id)

    async def _redial(self) -> None:
        while True:
            await asyncio.sleep(REDIAL_SECONDS)
            self._dial_missing()

    def _dial_missing(self) -> None:
        for player_id, url in self._addresses.items():
            client = self.client_of(player_id)
            if client is None or client.connection is None:
                self.server.connect_to_client(url, retry_initial_connection=True)

    def client_of(self, player_id: str) -> SendspinClient | None:
        """Return the speaker with this player id, if it has been connected."""
        return next(
            (client for client in self.server.clients if sendspin_player_id(client.client_id) == player_id), None
        )

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        if self._connections >= MAX_CONNECTIONS:
            raise web.HTTPServiceUnavailable
        self._connections += 1
        try:
            return await self.server.on_client_connect(request)
        finally:
            self._connections -= 1

    # ---- called by the library

    def _handle(self, _server: SendspinServer, event: SendspinEvent) -> None:
        match event:
            case ClientConnectedEvent(client_id=client_id):
                client = self.server.get_client(client_id)
                if client is not None and client.info.player_support is not None:
                    self.speakers.announce(speaker_of(client))
            case ClientDisconnectedEvent(client_id=client_id, goodbye_reason=reason):
                self._disconnect(sendspin_player_id(client_id), _STATES.get(reason, "disconnected"))

    def role_changed(self, client: SendspinClient) -> None:
        """Connect or disconnect a speaker's player, or pass it the speaker's report; see `RoleListener`."""
        player_id = sendspin_player_id(client.client_id)
        role = client.role(ROLE_ID)
        known = self._connected.get(player_id)
        if not isinstance(role, FedPlayerRole) or not client.is_connected or client.awaits_role_state("player"):
            self._disconnect(player_id, "disconnected")
        elif not client.available:
            self._disconnect(player_id, "in_use")
        elif known is None:
            self._connect(player_id, client, role)
        elif known.driver.needs_changed():
            # Audio that the speaker still holds would overlap with that which comes now.
            known.driver.clear()
            self._connect(player_id, client, role)
        elif (changed := known.driver.take_volume()) is not None:
            self.speakers.report_volume(player_id, *changed)

    def _connect(self, player_id: str, client: SendspinClient, role: FedPlayerRole) -> None:
        self._disconnect(player_id, "disconnected")
        try:
            artwork = None if self._find_picture is None else SpeakerArtwork(client, self._find_picture, self.spawn)
            driver = SendspinDriver(client, role, self.spawn, artwork)
        except Unsupported as error:
            _LOGGER.warning("%s can't be served: %s", client.name, error)
            self.speakers.set_state(player_id, "incompatible")
            return

        def send(command: Request) -> None:
            self.speakers.send(player_id, command)

        self._connected[player_id] = _Connected(driver, SendspinControls(client, send))
        self.speakers.accept(speaker_of(client), driver, self.server.get_client_url(client.client_id) or "")

    def _disconnect(self, player_id: str, state: SpeakerState) -> None:
        if (known := self._connected.pop(player_id, None)) is not None:
            known.controls.close()
            self.speakers.mark_disconnected(player_id, known.driver, state)
        elif self.speakers.is_added(player_id):
            self.speakers.set_state(player_id, state)

    def _show_status(self, player_id: str, status: PlaybackStatus) -> None:
        if (known := self._connected.get(player_id)) is not None:
            known.controls.show(status)


class _HubClock:
    """The hub's time, as the library asks for it."""

    def __init__(self, speakers: Speakers) -> None:
        self._speakers = speakers

    def now_us(self) -> int:
        """Return the hub's time in microseconds."""
        return self._speakers.now_us()


def speaker_of(client: SendspinClient) -> SpeakerInfo:
    """Return the speaker that a client is."""
    device = client.info.device_info
    model = None
    if device is not None:
        model = " ".join(part for part in (device.manufacturer, device.product_name) if part)[:64] or None
    return SpeakerInfo(
        player_id=sendspin_player_id(client.client_id),
        kind="sendspin",
        name=client.name.strip()[:100] or "Sendspin",
        model=model,
    )
