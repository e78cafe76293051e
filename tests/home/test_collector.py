"""Garbage collections: where it is asked for, they leave out what Home Assistant consists of."""

from collections.abc import Generator
import gc

from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.const import DOMAIN

OPTIONS = {"short_gc_pauses": True}
FEW = 1_000
"""More than Python itself sets aside when it starts."""


def frozen() -> bool:
    return gc.get_freeze_count() > FEW


@pytest.fixture(autouse=True)
def thawed() -> Generator[None]:
    """The test harness freezes what it consists of, too."""
    gc.unfreeze()
    yield
    gc.freeze()


async def test_nothing_is_frozen_unasked(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert not frozen()


async def test_the_option_acts_at_once_both_ways(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(entry, options=OPTIONS)
    await hass.async_block_till_done()
    assert frozen()
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    assert not frozen()


async def test_it_ends_with_the_entry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(entry, options=OPTIONS)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not frozen()


async def test_it_waits_until_home_assistant_has_started(hass: HomeAssistant) -> None:
    hass.set_state(CoreState.starting)
    entry = MockConfigEntry(domain=DOMAIN, options=OPTIONS)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert not frozen()
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert frozen()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not frozen()


async def test_what_others_froze_stays_so(hass: HomeAssistant) -> None:
    """The entry goes before Home Assistant has started: nothing was frozen here yet."""
    gc.freeze()
    hass.set_state(CoreState.starting)
    entry = MockConfigEntry(domain=DOMAIN, options=OPTIONS)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert frozen()
    hass.set_state(CoreState.running)


async def test_what_came_later_is_still_collected(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(entry, options=OPTIONS)
    await hass.async_block_till_done()
    cycle: list[object] = []
    cycle.append(cycle)
    gc.collect()
    del cycle
    assert gc.collect() > 0
