"""The browser side: static files, the page in the sidebar, the loader on every page."""

from pathlib import Path
from typing import Final

from homeassistant.components import panel_custom
from homeassistant.components.frontend import add_extra_js_url, async_remove_panel, remove_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN, NAME, VERSION

STATIC_URL: Final = f"/{DOMAIN}/static/{VERSION}"
"""The version is in the path: modules import each other relatively, and no browser keeps old ones."""
LOADER_URL: Final = f"{STATIC_URL}/loader.js"
FRONTEND: Final = Path(__file__).parents[1] / "frontend"


async def async_setup_static(hass: HomeAssistant) -> None:
    """Serve the files; once, for it can't be undone."""
    await hass.http.async_register_static_paths([StaticPathConfig(STATIC_URL, str(FRONTEND), cache_headers=False)])


async def async_add_panel(hass: HomeAssistant) -> None:
    """Show the page in the sidebar and load what brings this browser's player back."""
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=DOMAIN,
        webcomponent_name=f"{DOMAIN}-panel",
        sidebar_title=NAME,
        sidebar_icon="mdi:music-box-multiple",
        module_url=f"{STATIC_URL}/panel/{DOMAIN}-panel.js",
    )
    add_extra_js_url(hass, LOADER_URL)


@callback
def async_remove(hass: HomeAssistant) -> None:
    """Show nothing any more."""
    async_remove_panel(hass, DOMAIN, warn_if_unknown=False)
    remove_extra_js_url(hass, LOADER_URL)
