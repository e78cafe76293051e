"""The options: each takes effect without disconnecting clients; environment variables replace defaults."""

from dataclasses import fields
from pathlib import Path
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import jwt
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.moosicbox.adapters import cluster
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.protocol.errors import AuthenticationFailed
from custom_components.moosicbox.engine.settings import SECTIONS, UNLIMITED, faults
from custom_components.moosicbox.options import OPTIONS, defaults, effective, limits_of
from tests.fixtures import Advance
from tests.test_repository import INTEGRATION, REPOSITORY, read_json
from tests.wire.client import Client

SPECIFIED = {  # The specification's two tables, without the address of the server.
    *("max_connections", "max_connections_per_ip", "connection_timeout_seconds", "max_message_size", "max_queue_size"),
    *("message_buffer_size", "heartbeat_interval_seconds", "ping_timeout_seconds", "close_timeout_seconds"),
    *("enable_compression", "compression_level", "compression_threshold", "compression_window_bits"),
    *("messages_per_minute", "bytes_per_minute", "burst_size", "cleanup_interval_seconds"),
    *("allowed_origins", "require_auth", "validate_csrf"),
    *("redis_url", "node_id", "cluster_mode"),
}


def form(**changes: object) -> dict[str, dict[str, object]]:
    """Return the form's input: all values, with these changes."""
    values = {**defaults(), **changes}
    return {
        section: {option.key: values[option.key] for option in OPTIONS if option.section == section}
        for section in SECTIONS
    }


def test_all_specified_keys_are_there() -> None:
    keys = [option.key for option in OPTIONS]
    assert set(keys) >= SPECIFIED
    assert len(keys) == len(set(keys))


def test_all_variables_are_there() -> None:
    assert {option.variable for option in OPTIONS} - {None} == {
        *("WS_MAX_CONNECTIONS", "WS_HEARTBEAT_INTERVAL", "WS_CONNECTION_TIMEOUT", "WS_MAX_MESSAGE_SIZE"),
        *("WS_ENABLE_COMPRESSION", "WS_RATE_LIMIT_PER_MINUTE"),
        *("WS_CLUSTER_MODE", "WS_REDIS_URL", "WS_NODE_ID"),
        *("WS_SENDSPIN", "WS_SNAPCAST"),
    }


def test_fields_exist_and_defaults_are_allowed() -> None:
    names = {field.name for field in fields(Limits)}
    usual = defaults({})
    for option in OPTIONS:
        assert option.field is None or option.field in names
        assert option.selector(usual[option.key]) == usual[option.key]
    assert faults(usual) == {}
    assert limits_of({}, {}) == Limits()


def test_stored_options_that_no_longer_exist_are_ignored() -> None:
    assert limits_of({"short_gc_pauses": True, "rooms": False}, {}) == Limits(rooms=False)


def test_texts_and_docs_name_every_option() -> None:
    texts = read_json(INTEGRATION / "translations" / "en.json")["options"]["step"]["init"]["sections"]
    page = (REPOSITORY / "docs" / "options.md").read_text(encoding="utf-8")
    assert list(texts) == list(SECTIONS)
    for option in OPTIONS:
        assert texts[option.section]["data"][option.key]
        assert texts[option.section]["data_description"][option.key]
        assert f"`{option.key}`" in page
        assert option.variable is None or f"`{option.variable}`" in page


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("WS_MAX_CONNECTIONS", "5", "max_connections", 5),
        ("WS_HEARTBEAT_INTERVAL", " 45 ", "heartbeat_interval", 45),
        ("WS_CONNECTION_TIMEOUT", "60", "authentication_timeout", 60),
        ("WS_MAX_MESSAGE_SIZE", "1048576", "max_message_size", 1_048_576),
        ("WS_ENABLE_COMPRESSION", "false", "compression", False),
        ("WS_RATE_LIMIT_PER_MINUTE", "60", "messages_per_minute", 60),
    ],
)
def test_environment_variables_replace_defaults(variable: str, text: str, field: str, value: object) -> None:
    assert getattr(limits_of({}, {variable: text}), field) == value


def test_stored_options_take_precedence_over_variables() -> None:
    assert limits_of({"max_connections": 7}, {"WS_MAX_CONNECTIONS": "5"}).max_connections == 7


@pytest.mark.parametrize("text", ["many", "0", "1e9", "nan"])
def test_an_invalid_variable_is_ignored_and_logged(text: str, caplog: pytest.LogCaptureFixture) -> None:
    assert effective({}, {"WS_MAX_CONNECTIONS": text})["max_connections"] == Limits().max_connections
    assert "WS_MAX_CONNECTIONS" in caplog.text


def test_rate_limiting_can_be_switched_off() -> None:
    limits = limits_of({"rate_limiting": False}, {})
    assert limits.messages_per_minute == limits.bytes_per_minute == limits.sync_burst == UNLIMITED
    assert limits.max_connections == Limits().max_connections


async def test_options_take_effect_without_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, controller: Client
) -> None:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    assert flow["type"] is FlowResultType.FORM
    done = await hass.config_entries.options.async_configure(
        flow["flow_id"],
        user_input=form(max_connections=50.0, allowed_origins=[" https://music.example/ "], burst_size=3.0),
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"] == {"max_connections": 50, "allowed_origins": ["https://music.example"], "burst_size": 3}
    await hass.async_block_till_done()
    assert entry.runtime_data.hub is hub
    assert hub.limits.max_connections == 50
    assert isinstance(hub.limits.max_connections, int)
    assert hub.limits.allowed_origins == ("https://music.example",)
    answers = [await controller.request("get_metrics") for _ in range(4)]
    assert [answer["error_type"] for answer in answers] == [*["permission_denied"] * 3, "rate_limit_exceeded"]


async def test_default_values_are_not_stored(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(entry, options={"max_connections": 50})
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    done = await hass.config_entries.options.async_configure(flow["flow_id"], user_input=form())
    assert done["data"] == {}


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("changes", "section", "error"),
    [
        ({"max_connections": 10, "max_connections_per_user": 11}, "connections", "too_many_per_user"),
        ({"ping_timeout_seconds": 31}, "heartbeat", "ping_timeout_too_long"),
        ({"burst_size": 2_000}, "rate_limits", "burst_too_large"),
        ({"allowed_origins": ["music.example"]}, "security", "origin_invalid"),
        ({"allowed_origins": ["https://music.example/page"]}, "security", "origin_invalid"),
        ({"allowed_origins": ["*"]}, "security", "origin_invalid"),
        ({"cluster_mode": True}, "cluster", "cluster_without_redis"),
        ({"redis_url": "http://redis.example"}, "cluster", "redis_url_invalid"),
        ({"redis_url": "redis://"}, "cluster", "redis_url_invalid"),
        ({"redis_url": "redis://redis.example:port"}, "cluster", "redis_url_invalid"),
        ({"node_id": "the cellar"}, "cluster", "node_id_invalid"),
        ({"cluster_mode": True, "redis_url": "redis://127.0.0.1:1"}, "cluster", "cannot_connect"),
        ({"library_folders": ["music"]}, "library", "folder_invalid"),
        ({"library_folders": ["/does/not/exist"]}, "library", "folder_missing"),
        ({"library_folders": ["/etc/passwd"]}, "library", "folder_is_file"),
        ({"library_folders": ["/proc"]}, "library", "folder_of_system"),
        ({"library_folders": ["/"]}, "library", "folder_of_system"),
        ({"max_connections": 0}, "connections", "out_of_range"),
        ({"max_players_per_user": 2.5}, "connections", "out_of_range"),
    ],
)
async def test_wrong_values_are_explained_in_their_section(
    hass: HomeAssistant, entry: MockConfigEntry, changes: dict[str, object], section: str, error: str
) -> None:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    form_again = await hass.config_entries.options.async_configure(flow["flow_id"], user_input=form(**changes))
    assert form_again["type"] is FlowResultType.FORM
    assert form_again["errors"] == {section: error}
    schema = form_again["data_schema"]
    assert schema is not None
    assert [key for key, part in schema.schema.items() if not part.options["collapsed"]] == [section]
    texts = read_json(INTEGRATION / "translations" / "en.json")["options"]["error"]
    assert texts[error].format(**form_again["description_placeholders"] or {})
    done = await hass.config_entries.options.async_configure(flow["flow_id"], user_input=form())
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_wrong_number_is_explained_by_the_options_name(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    again = await hass.config_entries.options.async_configure(
        flow["flow_id"], user_input=form(library_scan_interval=99_999)
    )
    assert again["description_placeholders"] == {
        "option": "Scan interval",
        "least": "0",
        "most": "86,400",
    }


async def test_a_stored_folder_that_is_offline_does_not_prevent_other_changes(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    hass.config_entries.async_update_entry(entry, options={"library_folders": [str(share)]})
    share.rmdir()
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    done = await hass.config_entries.options.async_configure(
        flow["flow_id"], user_input=form(library_folders=[str(share)], max_connections=50)
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.usefixtures("socket_enabled")
async def test_options_repair_a_setup_that_failed_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept library is given the folders that were chosen meanwhile."""
    monkeypatch.setattr(cluster, "LEADERSHIP_SECONDS", 0.1)
    library = entry.runtime_data.library
    monkey = {"cluster_mode": True, "redis_url": "redis://127.0.0.1:1"}
    folders = library.folders
    hass.config_entries.async_update_entry(entry, options={**monkey, "library_folders": ["/does/not/exist"]})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    await hass.config_entries.options.async_configure(flow["flow_id"], user_input=form())
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.library.folders == folders


async def test_the_cleanup_interval_takes_effect(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert await hass.config_entries.async_reload(entry.entry_id)
    times: list[int] = []
    monkeypatch.setattr(hub.topics, "expire", lambda: times.append(1))
    await advance(61)
    assert len(times) == 1, "reloads don't add to it"
    hass.config_entries.async_update_entry(entry, options={"cleanup_interval_seconds": 20})
    await hass.async_block_till_done()
    await advance(121)
    assert len(times) == 5


async def test_trusted_keys_are_accepted_until_they_are_removed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    now = int(time.time())
    claims = {
        "sub": "radio",
        "role": "user",
        "aud": "moosicbox",
        "iss": "them",
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    token = jwt.encode(claims, key, "EdDSA")
    tokens = entry.runtime_data.authenticator.tokens
    hass.config_entries.async_update_entry(entry, options={"trusted_keys": pem, "trusted_issuer": "them"})
    await hass.async_block_till_done()
    assert tokens.verify(token).sub == "radio"
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    with pytest.raises(AuthenticationFailed):
        tokens.verify(token)


def test_invalid_keys_are_refused_by_the_form() -> None:
    assert faults(effective({"trusted_keys": "nonsense"}, {})) == {"trusted_keys": "keys_invalid"}
