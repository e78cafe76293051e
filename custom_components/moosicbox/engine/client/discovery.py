"""Finds Home Assistant in the network by zeroconf."""

import asyncio
from typing import Final, NamedTuple

from zeroconf import InterfaceChoice, InterfacesType, IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_home-assistant._tcp.local."
DETAILS_TIMEOUT_MS: Final = 3_000
INTERFACES: InterfacesType = InterfaceChoice.All
"""Where to look."""


class DiscoveredHub(NamedTuple):
    """One Home Assistant."""

    name: str
    url: str


async def discover(seconds: float = 3.0, *, enough: int | None = None) -> list[DiscoveredHub]:
    """Those that answer within so many seconds, or the first `enough`."""
    names: asyncio.Queue[str] = asyncio.Queue()

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Removed:
            names.put_nowait(name)

    found: dict[str, DiscoveredHub] = {}
    async with AsyncZeroconf(interfaces=INTERFACES) as zeroconf:
        browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[heard])
        try:
            async with asyncio.timeout(seconds):
                while enough is None or len(found) < enough:
                    info = AsyncServiceInfo(SERVICE, await names.get())
                    if (
                        await info.async_request(zeroconf.zeroconf, DETAILS_TIMEOUT_MS)
                        and (home := parse_announcement(info)) is not None
                    ):
                        found[home.url] = home
        except TimeoutError:
            pass
        finally:
            await browser.async_cancel()
    return list(found.values())


def parse_announcement(info: AsyncServiceInfo) -> DiscoveredHub | None:
    """Whom an announcement names: the address that Home Assistant wants to be called by at home, else where it is."""
    told = info.decoded_properties
    addresses = info.parsed_scoped_addresses(IPVersion.V4Only) or [
        f"[{address}]" for address in info.parsed_scoped_addresses(IPVersion.V6Only)
    ]
    url = told.get("internal_url") or (f"http://{addresses[0]}:{info.port}" if addresses else told.get("base_url"))
    return DiscoveredHub(told.get("location_name") or info.name.removesuffix(f".{SERVICE}"), url) if url else None
