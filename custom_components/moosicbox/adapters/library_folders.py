"""The library in Home Assistant: its folders, its files on disk, its repair issue."""

from collections.abc import Iterable
import contextlib
from pathlib import Path
import shutil
from typing import Final

from homeassistant.auth import EVENT_USER_REMOVED
from homeassistant.components.ffmpeg import DATA_FFMPEG, DEFAULT_BINARY
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.start import async_at_started
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from ..const import DOMAIN
from ..engine.api import (
    ARTWORK_CACHE_BYTES,
    TRACK_CACHE_BYTES,
    Artwork,
    DiskCache,
    Library,
    Limits,
    NotSupported,
    Seal,
    Sentence,
    Streams,
    Unavailable,
)
from .callbacks import combined

FOLDER: Final = DOMAIN
"""The folder of the index, in the configuration folder."""
ISSUE: Final = "library_rebuilt"
FEED_REQUIREMENT: Final = "podcastparser==0.6.11"
"""Installed when the first podcast is subscribed to."""
SYSTEM_FOLDERS: Final = ("/proc", "/sys", "/dev", "/run", "/etc", "/boot")
"""Folders of the operating system, which contain no music, but endless or private files."""


async def async_find_ffmpeg(hass: HomeAssistant) -> str | None:
    """Return the path of Home Assistant's ffmpeg, or None if there is none."""
    program = hass.data[DATA_FFMPEG].binary if DATA_FFMPEG in hass.data else DEFAULT_BINARY
    return await hass.async_add_executor_job(shutil.which, program)


def make_library(hass: HomeAssistant, limits: Limits, seal: Seal, ffmpeg: str | None) -> Library:
    """Return the library, not opened yet."""
    index = Path(hass.config.path(FOLDER, "library.db"))
    return Library(
        index,
        folders_of(hass, limits),
        limits.library_scan_interval,
        seal,
        ffmpeg=ffmpeg,
        measures_loudness=limits.library_measure_loudness,
        http_session=lambda: async_get_clientsession(hass),
        online_lyrics=limits.library_online_lyrics,
        prepare_feeds=lambda: async_prepare_feeds(hass),
    )


async def async_prepare_feeds(hass: HomeAssistant) -> None:
    """Install the parser of podcasts' feeds if it isn't there. Raise NotSupported."""
    try:
        await async_process_requirements(hass, DOMAIN, [FEED_REQUIREMENT])
    except RequirementsNotFound as error:
        raise NotSupported(
            Sentence(
                "feeds_not_installed",
                "{requirement}, which reads podcasts, can't be installed",
                requirement=FEED_REQUIREMENT,
            )
        ) from error


def make_streams(hass: HomeAssistant, library: Library, ffmpeg: str | None) -> Streams:
    """Return the streams of tracks; with ffmpeg also in other formats than that of the file."""
    return Streams(library, DiskCache(Path(hass.config.cache_path(DOMAIN, "tracks")), TRACK_CACHE_BYTES), ffmpeg)


def make_artwork(hass: HomeAssistant, library: Library) -> Artwork:
    return Artwork(library, DiskCache(Path(hass.config.cache_path(DOMAIN, "artwork")), ARTWORK_CACHE_BYTES))


def folders_of(hass: HomeAssistant, limits: Limits) -> list[Path]:
    """Return the folders of the options, else Home Assistant's media folders."""
    folders: Iterable[str] = limits.library_folders or hass.config.media_dirs.values()
    return [Path(folder) for folder in folders]


async def async_folder_fault(hass: HomeAssistant, folder: str) -> str | None:
    """Return the translation key of the reason why a folder can't be one of the library, or None if it can."""
    return await hass.async_add_executor_job(_folder_fault, Path(folder))


def _folder_fault(folder: Path) -> str | None:
    try:
        if not folder.exists():
            return "folder_missing"
        if not folder.is_dir():
            return "folder_is_file"
        path = folder.resolve(strict=True)
        if path == path.parent or any(path.is_relative_to(system) for system in SYSTEM_FOLDERS):
            return "folder_of_system"
        next(folder.iterdir(), None)
    except OSError:
        return "folder_unreadable"
    return None


async def async_start_library(hass: HomeAssistant, library: Library) -> CALLBACK_TYPE:
    """Open the library, and scan and watch its folders once Home Assistant has started.

    Return a function that undoes this, but leaves the library open.
    """
    unsubscribe = library.rebuilt.subscribe(lambda damaged: _create_issue(hass, damaged))
    await library.start()

    @callback
    def follow_folders(_hass: HomeAssistant) -> None:
        library.follow_folders()

    @callback
    def forget_user(event: Event[dict[str, str]]) -> None:
        hass.async_create_task(_async_forget_user(library, event.data["user_id"]), eager_start=False)

    return combined(
        unsubscribe,
        hass.bus.async_listen(EVENT_USER_REMOVED, forget_user),
        async_at_started(hass, follow_folders),
    )


async def _async_forget_user(library: Library, user_id: str) -> None:
    with contextlib.suppress(Unavailable):
        await library.people.forget(user_id)


async def async_remove_library(hass: HomeAssistant) -> None:
    """Delete the index and the caches; the music files are not touched."""
    for folder in hass.config.path(FOLDER), hass.config.cache_path(DOMAIN):
        await hass.async_add_executor_job(lambda path: shutil.rmtree(path, ignore_errors=True), folder)


@callback
def _create_issue(hass: HomeAssistant, damaged: Path) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE,
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE,
        translation_placeholders={"file": str(damaged)},
    )
