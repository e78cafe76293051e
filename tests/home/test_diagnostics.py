"""Diagnostics and the log contain no secrets and no names."""

import json
import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.moosicbox.const import DOMAIN, HUB_ID
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.library.library import Library
from custom_components.moosicbox.engine.library.models import UnreadableFile
from tests.fixtures import BRASS, Connect, CreateToken
from tests.wire.client import Client, player

CHANGING = props(
    *("bytes", "client_id", "connected_at", "bytes_sent", "bytes_received", "messages_sent", "messages_received"),
    *("limits", "metrics", "latency_ms", "queued_bytes", "queued_messages", "subscriptions", "version"),
)


@pytest.fixture
async def secrets(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, connect: Connect, create_token: CreateToken
) -> set[str]:
    """A playing player of a user with a name; returns the texts that must be redacted."""
    assert await async_setup_component(hass, "diagnostics", {})
    origin = "https://anna.example"
    hass.config_entries.async_update_entry(entry, options={"allowed_origins": [origin], "trusted_issuer": "anna-idp"})
    token = await create_token("anna-1969", name="Anna Arndt")
    client = await connect()
    welcome = await client.authenticate(token, client=player("anna-bedroom", "Anna's bedroom"))
    await client.request("queue_command", action="add", media_content_id=BRASS)
    await client.request("playback_command", command="play")
    await hass.async_block_till_done()
    session = next(iter(hub.sessions))
    assert session.connection is not None
    key: bytes = entry.runtime_data.secrets.keys.tokens[0].key
    secret: str = entry.runtime_data.secrets.secrets[0].key
    return {
        *(token, welcome["secret"], welcome["session_id"], key.hex(), secret, origin, session.connection.peer.address),
        *("anna-idp", "anna-1969", "Anna Arndt", "anna-bedroom", "Anna's bedroom", "anna_s_bedroom"),
    }


def device_of(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> dr.DeviceEntry:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert isinstance(device, dr.DeviceEntry)
    return device


def leaked(data: Any, secrets: set[str]) -> list[str]:
    text = json.dumps(data)
    return [secret for secret in secrets if secret in text]


async def test_entry_diagnostics_count_harmful_files(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    library: Library = entry.runtime_data.library
    library._harmful = tuple(
        UnreadableFile(path=f"/media/Anna {number}.flac", reason="memory", noticed_at="2026-11-03T06:00:00.000Z")
        for number in range(2)
    )
    data = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert data["library"]["unreadable"] == {"memory": 2}  # type: ignore[index, call-overload]
    assert not leaked(data, {"Anna"})


async def test_entry_diagnostics_have_no_secrets(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    secrets: set[str],
    snapshot: SnapshotAssertion,
) -> None:
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert leaked(found, secrets) == []
    assert found["metrics"]["active_connections"] == 1
    assert found["limits"]["max_connections"] == 1000
    assert found == snapshot(exclude=CHANGING)
    hub_device = device_of(hass, entry, HUB_ID)
    assert set(await get_diagnostics_for_device(hass, hass_client, entry, hub_device)) == set(found)


async def test_device_diagnostics_have_no_secrets(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    secrets: set[str],
    kitchen: Client,
    snapshot: SnapshotAssertion,
) -> None:
    device = device_of(hass, entry, "anna-bedroom")
    found: Any = await get_diagnostics_for_device(hass, hass_client, entry, device)
    assert leaked(found, secrets) == []
    assert [len(found["players"]), len(found["clients"])] == [1, 1]
    assert found == snapshot(exclude=CHANGING)


async def test_the_log_keeps_secrets(
    hass: HomeAssistant,
    hub: Hub,
    connect: Connect,
    create_token: CreateToken,
    secrets: set[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.moosicbox")
    token = await create_token("ben")
    client = await connect()
    welcome = await client.authenticate(token)
    await client.drop()
    again = await connect()
    resume = {"session_id": welcome["session_id"], "secret": welcome["secret"], "positions": {}}
    assert (await again.authenticate(token, resume=resume))["resumed"]
    stranger = await connect()
    await stranger.send("authenticate", token="made.up.token", client={"name": "X", "kind": "monitor"})
    assert (await stranger.closed())[0] == 4501
    hub.disconnect(welcome["client_id"])
    secret = {token, "made.up.token", welcome["secret"]} | {text for text in secrets if len(text) > 40}
    ours = [
        record
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.name.startswith("custom_components.moosicbox")
    ]
    assert [record.getMessage() for record in ours if any(text in record.getMessage() for text in secret)] == []
