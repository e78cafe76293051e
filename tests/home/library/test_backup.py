"""Home Assistant's backup of the library's index, which changes meanwhile."""

from pathlib import Path
import shutil
import sqlite3

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.backup import async_post_backup, async_pre_backup
from custom_components.moosicbox.engine.library.library import Library


async def test_the_file_stays_as_it_is_during_a_backup(
    hass: HomeAssistant, entry: MockConfigEntry, library: Library, tmp_path: Path
) -> None:
    index = Path(hass.config.path("moosicbox", "library.db"))
    (first, album, *_) = (await library.get_albums()).items
    await library.set_favourite(first.album_id)
    await async_pre_backup(hass)
    before = index.read_bytes()
    await library.set_favourite(album.album_id)
    assert index.read_bytes() == before
    copy = tmp_path / "copy.db"
    shutil.copy(index, copy)
    found = sqlite3.connect(copy)
    assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert found.execute("SELECT count(*) FROM tracks").fetchone()[0] == library.counts.tracks
    found.close()
    await async_post_backup(hass)
    assert [each.favourite for each in (await library.get_albums()).items][:2] == [True, True]


async def test_a_backup_needs_no_loaded_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await async_pre_backup(hass)
    await async_post_backup(hass)
