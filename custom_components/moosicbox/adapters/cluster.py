"""Home Assistant as one of several hubs: joining them, leading them, telling them what only Home Assistant knows."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN, VERSION
from ..engine.api import Authentication, CloseCode, Hub, Limits
from ..engine.cluster_api import (
    ADDRESSES_DOCUMENT,
    SECRETS_DOCUMENT,
    BusUnavailable,
    ClusterClock,
    ClusterNode,
    RedisBus,
    cluster_report,
    node_prometheus,
)
from ..models import MoosicBoxConfigEntry
from ..options import ClusterSettings
from .authentication import Authenticator, own_urls
from .storage import SecretsStore

_LOGGER = logging.getLogger(__name__)

PRIORITY: Final = 100
"""Above all nodes': where Home Assistant is, it leads."""
LEASE_SECONDS: Final = 10
"""How long setting up waits until others have handed over."""
ISSUE: Final = "redis_unreachable"
INTERVAL: Final = timedelta(seconds=10)
ISSUE_AFTER: Final = 6
"""Looks in a row at which Redis is away, until people are told."""


async def async_join(
    settings: ClusterSettings,
    limits: Limits,
    make_hub: Callable[[ClusterClock], Hub],
    authentication: Authentication,
) -> tuple[ClusterNode, Hub]:
    """Join the others and lead them; ConfigEntryNotReady if that takes too long."""
    node = ClusterNode(
        RedisBus(settings.redis_url),
        node_id=settings.node_id,
        version=VERSION,
        limits=limits,
        make_hub=make_hub,
        authentication=authentication,
        priority=PRIORITY,
    )
    leading: asyncio.Future[Hub] = asyncio.get_running_loop().create_future()
    unsubscribe = node.promoted.subscribe(lambda hub: None if leading.done() else leading.set_result(hub))
    await node.start()
    try:
        async with asyncio.timeout(LEASE_SECONDS):
            return node, await leading
    except TimeoutError as error:
        connected = node.status().connected
        await node.stop(CloseCode.RESTART, "setup")
        if connected:
            raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="lease_missing") from error
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="redis_missing") from error
    except BaseException:
        await node.stop(CloseCode.RESTART, "setup")
        raise
    finally:
        unsubscribe()


class ClusterLink:
    """Keeps the other nodes informed, and says when Redis is away; begins anew when another node leads."""

    def __init__(
        self, hass: HomeAssistant, node: ClusterNode, hub: Hub, secrets: SecretsStore, authenticator: Authenticator
    ) -> None:
        """Nothing is shared yet."""
        self.node = node
        self._hass = hass
        self._hub = hub
        self._secrets = secrets
        self._authenticator = authenticator
        self._away = 0
        self._ending = False

    async def async_stop(self, code: CloseCode, reason: str) -> None:
        """Hand over to others, and say goodbye."""
        self._ending = True
        await self.node.stop(code, reason)

    async def async_start(self, entry: MoosicBoxConfigEntry) -> None:
        """Share, now and whenever something changes; ends with the entry."""
        await self._async_share()

        @callback
        def share() -> None:
            entry.async_create_background_task(self._hass, self._async_share(), "moosicbox share")

        @callback
        def demoted(_hub: Hub) -> None:
            if self._ending:
                return
            _LOGGER.warning("Another hub leads; MoosicBox is set up anew")
            self._hass.config_entries.async_schedule_reload(entry.entry_id)

        @callback
        def look(_now: datetime | None = None) -> None:
            self._look()
            share()

        for undo in (
            self._secrets.saved.subscribe(share),
            self._authenticator.users_changed.subscribe(share),
            self.node.demoted.subscribe(demoted),
            self.node.changed.subscribe(self._changed),
            async_track_time_interval(self._hass, look, INTERVAL, name="MoosicBox cluster"),
            self._end,
        ):
            entry.async_on_unload(undo)

    def report(self) -> dict[str, Any]:
        """How the cluster looks from here."""
        return cluster_report(self.node)

    def prometheus(self, connections: int) -> bytes:
        """The numbers of this node, and of the whole hub, for Prometheus."""
        return node_prometheus(self.node, connections)

    async def _async_share(self) -> None:
        # What is there already isn't sent again; what was lost with Redis is.
        documents = {
            SECRETS_DOCUMENT: self._authenticator.shared(),
            ADDRESSES_DOCUMENT: {"urls": own_urls(self._hass)},
        }
        try:
            for name, document in documents.items():
                await self.node.shared.put(name, document)
        except BusUnavailable as error:
            _LOGGER.debug("Nothing can be shared now: %s", error)

    @callback
    def _changed(self) -> None:
        self._hub.problems[ISSUE] = not self.node.status().connected

    @callback
    def _look(self) -> None:
        self._changed()
        self._away = self._away + 1 if self._hub.problems[ISSUE] else 0
        if self._away == ISSUE_AFTER:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                ISSUE,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=ISSUE,
            )
        elif not self._away:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE)

    @callback
    def _end(self) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, ISSUE)
