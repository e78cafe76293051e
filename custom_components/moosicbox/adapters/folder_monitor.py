"""Reports folders of the options that can't be read, by a repair issue and by the hub's health."""

import asyncio
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..engine.api import Hub, Library
from .library_folders import async_folder_fault

ISSUE: Final = "library_folder_missing"


class FolderMonitor:
    """Checks the folders after each scan. A scan succeeds without an unreachable folder; the index keeps its music."""

    def __init__(self, hass: HomeAssistant, hub: Hub, library: Library) -> None:
        self._hass = hass
        self._hub = hub
        self._library = library
        self._check: asyncio.Task[None] | None = None

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Check now and after each scan; return a function that stops it."""
        unsubscribe = self._library.counted.subscribe(self._start_check)
        self._start_check()

        @callback
        def stop() -> None:
            unsubscribe()
            if self._check is not None:
                self._check.cancel()
            self._report([])

        return stop

    @callback
    def _start_check(self) -> None:
        if self._check is not None:
            self._check.cancel()
        self._check = self._hass.async_create_background_task(self._async_check(), "moosicbox folders")

    async def _async_check(self) -> None:
        # Home Assistant's own media folders may be missing: it offers them whether or not they are used.
        folders = self._hub.limits.library_folders
        self._report([folder for folder in folders if await async_folder_fault(self._hass, folder) is not None])

    @callback
    def _report(self, missing: list[str]) -> None:
        if not missing:
            self._hub.clear_problem(ISSUE)
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE)
            return
        self._hub.report_problem(ISSUE)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            ISSUE,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE,
            translation_placeholders={"folders": ", ".join(missing)},
        )
