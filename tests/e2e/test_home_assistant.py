"""The integration in a real Home Assistant, seen from outside."""

import time

from .conftest import OpenTab
from .home import Home

ENTRY = "/api/config/config_entries/entry?domain=moosicbox"


async def test_entry_is_loaded(home: Home) -> None:
    (entry,) = await home.api.get(ENTRY)
    assert entry["state"] == "loaded"


async def test_second_flow_is_refused(home: Home) -> None:
    flow = await home.api.post("/api/config/config_entries/flow", {"handler": "moosicbox"})
    assert (flow["type"], flow["reason"]) == ("abort", "single_instance_allowed")


async def test_panel_opens(home: Home, open_tab: OpenTab) -> None:
    tab = await open_tab("/moosicbox")
    await tab.page.locator("moosicbox-panel").wait_for()
    await tab.page.get_by_role("link", name="MoosicBox").first.wait_for()
    await tab.screenshot("panel")
    assert tab.errors == []


async def test_the_entry_is_loaded_after_a_restart(home: Home) -> None:
    await home.restart()
    (entry,) = await home.api.get(ENTRY)
    assert entry["state"] == "loaded"
    assert home.complaints() == []


async def test_expired_access_token_is_renewed(home: Home) -> None:
    expired = await home.api.access_token()
    home.api.expires_at = time.time()
    assert await home.api.access_token() != expired
    (entry,) = await home.api.get(ENTRY)
    assert entry["state"] == "loaded"
