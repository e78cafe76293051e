"""The library's place in Home Assistant: its folders, its files, what it serves by, its issue."""

from collections.abc import Iterable
from pathlib import Path
import shutil
from typing import Final

from homeassistant.components.ffmpeg import DATA_FFMPEG, DEFAULT_BINARY
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN
from ..engine.api import ARTWORK_CACHE_BYTES, TRACK_CACHE_BYTES, Artwork, DiskCache, Library, Limits, Seal, Streams

FOLDER: Final = DOMAIN
"""In the configuration folder: the index, and what is made from it."""
ISSUE: Final = "library_rebuilt"


def make_library(hass: HomeAssistant, limits: Limits, seal: Seal) -> Library:
    """A library that isn't open yet."""
    index = Path(hass.config.path(FOLDER, "library.db"))
    return Library(index, folders_of(hass, limits), limits.library_scan_interval, seal)


async def async_make_streams(hass: HomeAssistant, library: Library) -> Streams:
    """What serves tracks: with Home Assistant's ffmpeg, where there is one, in other formats too."""
    program = hass.data[DATA_FFMPEG].binary if DATA_FFMPEG in hass.data else DEFAULT_BINARY
    ffmpeg = await hass.async_add_executor_job(shutil.which, program)
    library.transcodes = ffmpeg is not None
    return Streams(library, DiskCache(Path(hass.config.cache_path(DOMAIN, "tracks")), TRACK_CACHE_BYTES), ffmpeg)


def make_artwork(hass: HomeAssistant, library: Library) -> Artwork:
    """What serves pictures."""
    return Artwork(library, DiskCache(Path(hass.config.cache_path(DOMAIN, "artwork")), ARTWORK_CACHE_BYTES))


def folders_of(hass: HomeAssistant, limits: Limits) -> list[Path]:
    """The folders that were chosen, else Home Assistant's media folders."""
    chosen: Iterable[str] = limits.library_folders or hass.config.media_dirs.values()
    return [Path(folder) for folder in chosen]


async def async_start_library(hass: HomeAssistant, library: Library) -> CALLBACK_TYPE:
    """Open it; look at its folders once Home Assistant is up. Returns what undoes all but closing it."""
    unsubscribe = library.rebuilt.subscribe(lambda aside: _create_issue(hass, aside))
    await library.start()

    @callback
    def follow(_hass: HomeAssistant) -> None:
        library.follow_folders()

    cancel = async_at_started(hass, follow)

    @callback
    def undo() -> None:
        unsubscribe()
        cancel()

    return undo


async def async_remove_library(hass: HomeAssistant) -> None:
    """Leave nothing behind; the music itself isn't touched."""
    ir.async_delete_issue(hass, DOMAIN, ISSUE)
    for folder in hass.config.path(FOLDER), hass.config.cache_path(DOMAIN):
        await hass.async_add_executor_job(lambda path: shutil.rmtree(path, ignore_errors=True), folder)


@callback
def _create_issue(hass: HomeAssistant, aside: Path) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE,
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE,
        translation_placeholders={"file": str(aside)},
    )
