"""The frontend: static files, the panel in the sidebar, and the loader on each page of Home Assistant."""

from pathlib import Path
from typing import Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant, callback

from ..const import DOMAIN, NAME, VERSION

STATIC_URL: Final = f"/{DOMAIN}/static/{VERSION}"
"""Contains the version: modules import each other by relative paths, so a new version bypasses caches."""
LOADER_URL: Final = f"{STATIC_URL}/loader.js"
FRONTEND: Final = Path(__file__).parents[1] / "frontend"


async def async_setup_static(hass: HomeAssistant) -> None:
    """Serve the frontend's files. They can't be unregistered, so this is done once."""
    await hass.http.async_register_static_paths([StaticPathConfig(STATIC_URL, str(FRONTEND), cache_headers=False)])


async def async_add_panel(hass: HomeAssistant) -> None:
    """Add the panel, and the loader that restarts the browser's player after a reload of the page."""
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=DOMAIN,
        webcomponent_name=f"{DOMAIN}-panel",
        sidebar_title=NAME,
        sidebar_icon="mdi:music-box-multiple",
        module_url=f"{STATIC_URL}/panel/{DOMAIN}-panel.js",
    )
    frontend.add_extra_js_url(hass, LOADER_URL)


@callback
def async_remove_panel(hass: HomeAssistant) -> None:
    """Remove the panel and the loader."""
    frontend.async_remove_panel(hass, DOMAIN, warn_if_unknown=False)
    frontend.remove_extra_js_url(hass, LOADER_URL)
