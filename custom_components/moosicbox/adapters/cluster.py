"""Home Assistant as the leader of a cluster of hubs."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
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
from ..options import ClusterSettings
from .authentication import Authenticator
from .own_addresses import own_urls, run_id
from .storage import SecretsStore

_LOGGER = logging.getLogger(__name__)

PRIORITY: Final = 100
"""Higher than that of any node, so that Home Assistant leads."""
PING_SECONDS: Final = 5
"""Time for which the check of the options waits for Redis."""
LEADERSHIP_SECONDS: Final = 10
"""Time for which the setup waits for the leadership."""
ISSUE: Final = "redis_unreachable"
INTERVAL: Final = timedelta(seconds=10)
ISSUE_AFTER: Final = 6
"""Failed checks in a row before a repair issue is created."""


async def async_can_connect(redis_url: str) -> bool:
    """Return whether Redis answers at this URL."""
    try:
        bus = RedisBus(redis_url)
    except ValueError:
        return False
    try:
        async with asyncio.timeout(PING_SECONDS):
            await bus.ping()
    except BusUnavailable, TimeoutError:
        return False
    finally:
        await bus.close()
    return True


async def async_join(
    settings: ClusterSettings,
    limits: Limits,
    make_hub: Callable[[ClusterClock], Hub],
    authentication: Authentication,
) -> tuple[ClusterNode, Hub]:
    """Join the cluster and return the node and its hub once it leads; raise ConfigEntryNotReady after a timeout."""
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
        async with asyncio.timeout(LEADERSHIP_SECONDS):
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
    """Shares secrets and URLs with the other nodes, and reports when Redis is unreachable."""

    def __init__(
        self, hass: HomeAssistant, node: ClusterNode, hub: Hub, secrets: SecretsStore, authenticator: Authenticator
    ) -> None:
        self.node = node
        self._hass = hass
        self._hub = hub
        self._secrets = secrets
        self._authenticator = authenticator
        self._failed_checks = 0
        self._is_stopping = False

    async def async_stop(self, code: CloseCode, reason: str) -> None:
        """Hand the leadership over and close all connections."""
        self._is_stopping = True
        await self.node.stop(code, reason)

    async def async_start(self, entry: ConfigEntry) -> None:
        """Share the documents now and when they change, until the entry is unloaded."""
        await self._async_share()

        @callback
        def share() -> None:
            entry.async_create_background_task(self._hass, self._async_share(), "moosicbox share")

        @callback
        def handle_demoted(_hub: Hub) -> None:
            if self._is_stopping:
                return
            _LOGGER.warning("Another hub leads the cluster; reloading MoosicBox")
            self._hass.config_entries.async_schedule_reload(entry.entry_id)

        @callback
        def check(_now: datetime | None = None) -> None:
            self._check()
            share()

        for unsubscribe in (
            self._secrets.saved.subscribe(share),
            self._authenticator.users.user_added.subscribe(share),
            self.node.demoted.subscribe(handle_demoted),
            self.node.changed.subscribe(self._report),
            async_track_time_interval(self._hass, check, INTERVAL, name="MoosicBox cluster"),
            self._delete_issue,
        ):
            entry.async_on_unload(unsubscribe)

    def report(self) -> dict[str, Any]:
        """Return the state of the cluster for diagnostics."""
        return cluster_report(self.node)

    def prometheus(self, connections: int) -> bytes:
        """Return the metrics of this node and of the hub in Prometheus' text format."""
        return node_prometheus(self.node, connections)

    async def _async_share(self) -> None:
        # `put` writes a document only if Redis doesn't hold the same one, so this restores what Redis has lost.
        documents = {
            SECRETS_DOCUMENT: self._authenticator.shared_secrets(),
            ADDRESSES_DOCUMENT: {"urls": own_urls(self._hass), "run": run_id(self._hass)},
        }
        try:
            for name, document in documents.items():
                await self.node.shared.put(name, document)
        except BusUnavailable as error:
            _LOGGER.debug("Sharing with the cluster failed: %s", error)

    @callback
    def _report(self) -> None:
        if self.node.status().connected:
            self._hub.clear_problem(ISSUE)
        else:
            self._hub.report_problem(ISSUE)

    @callback
    def _check(self) -> None:
        self._report()
        self._failed_checks = 0 if self.node.status().connected else self._failed_checks + 1
        if self._failed_checks == ISSUE_AFTER:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                ISSUE,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key=ISSUE,
            )
        elif not self._failed_checks:
            self._delete_issue()

    @callback
    def _delete_issue(self) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, ISSUE)
