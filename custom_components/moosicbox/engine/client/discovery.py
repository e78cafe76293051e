"""Finds Home Assistant in the local network by zeroconf."""

import asyncio
from typing import Final, NamedTuple

from zeroconf import InterfaceChoice, InterfacesType, IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_home-assistant._tcp.local."
DETAILS_TIMEOUT_MS: Final = 3_000
INTERFACES: InterfacesType = InterfaceChoice.All
"""The network interfaces to search on."""


class DiscoveredHub(NamedTuple):
    """A Home Assistant in the network."""

    name: str
    url: str


async def discover(seconds: float = 3.0, *, limit: int | None = None) -> list[DiscoveredHub]:
    """Search the network for Home Assistant.

    Args:
        seconds: How long to search.
        limit: Return as soon as this many were found.

    Returns:
        The instances of Home Assistant that answered, in the order of their answers.
    """
    names: asyncio.Queue[str] = asyncio.Queue()

    def on_change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed:
            names.put_nowait(name)

    found: dict[str, DiscoveredHub] = {}
    async with AsyncZeroconf(interfaces=INTERFACES) as zeroconf:
        browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[on_change])
        try:
            async with asyncio.timeout(seconds):
                while limit is None or len(found) < limit:
                    info = AsyncServiceInfo(SERVICE, await names.get())
                    if (
                        await info.async_request(zeroconf.zeroconf, DETAILS_TIMEOUT_MS)
                        and (hub := parse_announcement(info)) is not None
                    ):
                        found[hub.url] = hub
        except TimeoutError:
            pass
        finally:
            await browser.async_cancel()
    return list(found.values())


def parse_announcement(info: AsyncServiceInfo) -> DiscoveredHub | None:
    """Return the hub that an announcement names, or `None` if it has no address.

    The internal URL comes first, then the address of the announcement, then the external URL.
    """
    properties = info.decoded_properties
    addresses = info.parsed_scoped_addresses(IPVersion.V4Only) or [
        f"[{address}]" for address in info.parsed_scoped_addresses(IPVersion.V6Only)
    ]
    announced = f"http://{addresses[0]}:{info.port}" if addresses else properties.get("base_url")
    url = properties.get("internal_url") or announced
    name = properties.get("location_name") or info.name.removesuffix(f".{SERVICE}")
    return DiscoveredHub(name, url) if url else None
