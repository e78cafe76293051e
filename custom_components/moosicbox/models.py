"""What a loaded config entry holds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN

if TYPE_CHECKING:
    from .adapters.authentication import Authenticator
    from .adapters.cluster import ClusterLink
    from .adapters.health_monitor import HealthMonitor
    from .adapters.media_provider import HomeMedia
    from .adapters.outputs import Outputs
    from .adapters.pairing import Pairing
    from .adapters.storage import HomeStateStore, SecretsStore
    from .engine.api import Artwork, Endpoint, Hub, Library, Streams
    from .options import ClusterSettings


@dataclass(frozen=True, slots=True)
class MoosicBoxData:
    """The hub and what connects it with Home Assistant."""

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
    hub_device_id: str
    """The hub in the device registry; players hang on it."""
    cluster: ClusterLink | None = None
    """The way to other hubs; None where this one is alone."""
    settings: ClusterSettings | None = None
    """The options that `cluster` was made by."""


type MoosicBoxConfigEntry = ConfigEntry[MoosicBoxData]

DATA_LOADED: HassKey[MoosicBoxData] = HassKey(f"{DOMAIN}_loaded")
"""The loaded entry's data, for views and actions that outlive entries."""
DATA_KEPT: HassKey[MoosicBoxData] = HassKey(f"{DOMAIN}_kept")
"""The same, kept over a reload of the entry: sessions and positions go on."""
