"""Runtime data of the config entry."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .adapters.authentication import Authenticator
from .adapters.health_monitor import HealthMonitor
from .adapters.media_provider import HomeMedia
from .adapters.outputs import Outputs
from .adapters.pairing import Pairing
from .adapters.speakers import HomeSpeakers
from .adapters.storage import HomeStateStore, SecretsStore
from .const import DOMAIN
from .engine.api import Artwork, Endpoint, Hub, Library, Streams
from .options import ClusterSettings
from .state_writer import StateWriter

if TYPE_CHECKING:
    # Loaded only where a cluster is configured.
    from .adapters.cluster import ClusterLink


@dataclass(frozen=True, slots=True, kw_only=True)
class MoosicBoxData:
    """The hub and the objects that connect it to Home Assistant."""

    hub: Hub
    authenticator: Authenticator
    media: HomeMedia
    library: Library
    streams: Streams
    artwork: Artwork
    secrets: SecretsStore
    state: HomeStateStore
    endpoint: Endpoint
    health: HealthMonitor
    pairing: Pairing
    outputs: Outputs
    speakers: HomeSpeakers
    state_writer: StateWriter
    hub_device_id: str
    """The hub's device, which the devices of players and rooms are connected to."""
    cluster: ClusterLink | None
    """The link to the other hubs of a cluster; None for a single hub."""
    cluster_settings: ClusterSettings | None
    """The options that `cluster` was built from."""


type MoosicBoxConfigEntry = ConfigEntry[MoosicBoxData]

DATA_KEPT: Final[HassKey[MoosicBoxData]] = HassKey(DOMAIN)
"""The runtime data of the last setup, kept while the entry is unloaded.

Home Assistant drops `entry.runtime_data` at an unload. A reload continues with the same hub, so that clients resume
their sessions and playback positions stay. Only setup, reload and removal of the entry use this key.
"""


@callback
def async_loaded_data(hass: HomeAssistant) -> MoosicBoxData | None:
    """Return the runtime data of the loaded entry, or None if there is none."""
    entries: list[MoosicBoxConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries[0].runtime_data if entries else None
