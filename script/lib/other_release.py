"""Makes the installed test plugin work with a newer Home Assistant, before the plugin is imported.

A release of the plugin belongs to one release of Home Assistant. `script/test --ha` loads this module first (`-p`).
"""

import importlib

# From 2026.11 on, Home Assistant replaces httpx by httpx2, which must happen before anything imports httpx.
importlib.import_module("homeassistant")

logger = importlib.import_module("homeassistant.components.logger")
if not hasattr(logger, "_clear_logger_overwrites"):
    # Moved in 2026.11.
    helpers = importlib.import_module("homeassistant.components.logger.helpers")
    setattr(logger, "_clear_logger_overwrites", helpers._clear_logger_overwrites)  # noqa: B010, SLF001 - not typed there
