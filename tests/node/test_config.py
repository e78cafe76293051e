"""The settings of a node, and the precedence of their sources."""

from pathlib import Path

import pytest

from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.node.config import ConfigError, load_config

REDIS = {"redis_url": "redis://redis.example:6379/0"}
FILE = """
host = "127.0.0.1"
port = 9000
trusted_proxies = ["10.0.0.0/8"]

[cluster]
redis_url = "redis://:from-the-file@redis.example"
node_id = "from-the-file"

[connections]
max_connections = 5000

[security]
allowed_origins = ["https://music.example"]

[features]
rate_limiting = false
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(FILE)
    return path


def test_defaults_follow_the_specification() -> None:
    config = load_config(REDIS, {})
    assert (config.host, config.port) == ("0.0.0.0", 8080)  # noqa: S104
    assert config.limits == Limits()
    assert config.node_id
    assert config.music == ()


def test_command_line_precedes_environment_and_file(file: Path) -> None:
    config = load_config({}, {}, file)
    assert (config.host, config.port, config.node_id) == ("127.0.0.1", 9000, "from-the-file")
    assert config.limits.max_connections == 5000
    assert config.limits.allowed_origins == ("https://music.example",)
    assert config.limits.messages_per_minute > 1_000_000
    environment = {"WS_NODE_ID": "variable", "WS_BIND_ADDRESS": "[::1]:9001", "WS_MAX_CONNECTIONS": "70"}
    config = load_config({}, environment, file)
    assert (config.host, config.port, config.node_id) == ("::1", 9001, "variable")
    assert config.limits.max_connections == 70
    config = load_config({"node_id": "said", "port": 9002, "host": None}, environment, file)
    assert (config.host, config.port, config.node_id) == ("::1", 9002, "said")


def test_redis_password_is_not_shown(file: Path) -> None:
    config = load_config({}, {}, file)
    assert "from-the-file@" in config.redis_url
    assert config.redis == "redis://redis.example"
    assert "from-the-file@" not in repr(config)


@pytest.mark.parametrize(
    ("given", "environment", "text", "named"),
    [
        ({}, {}, "", "--redis"),
        ({"redis_url": "http://redis.example"}, {}, "", "redis_url"),
        ({**REDIS, "node_id": "the cellar"}, {}, "", "node_id"),
        ({**REDIS, "port": 70_000}, {}, "", "70000"),
        (REDIS, {"WS_MAX_CONNECTIONS": "many"}, "", "WS_MAX_CONNECTIONS"),
        (REDIS, {"WS_BIND_ADDRESS": "here"}, "", "WS_BIND_ADDRESS"),
        (REDIS, {}, "port = 'http'", "port"),
        (REDIS, {}, "prot = 8080", "prot"),
        (REDIS, {}, "[connections]\nmax_conections = 5", "connections.max_conections"),
        (REDIS, {}, "[connections]\nmax_connections = true", "connections.max_connections"),
        (REDIS, {}, "[connections]\nmax_connections = inf", "connections.max_connections"),
        (REDIS, {}, "[connections]\nmax_connections = 0", "connections.max_connections"),
        (REDIS, {}, "[features]\nrooms = 'yes'", "features.rooms"),
        (REDIS, {}, "[security]\nallowed_origins = [1]", "security.allowed_origins"),
        (REDIS, {}, "[security]\ntrusted_keys = 'none'", "trusted_keys"),
        (REDIS, {}, "connections = 5", "connections"),
        (REDIS, {}, "trusted_proxies = ['the balancer']", "trusted_proxies"),
        (REDIS, {}, "[connections]\nmax_connections = 2", "too_many_per_user"),
        (REDIS, {}, "= invalid", "TOML"),
    ],
)
def test_invalid_setting_is_named(
    given: dict[str, object], environment: dict[str, str], text: str, named: str, tmp_path: Path
) -> None:
    file = tmp_path / "node.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_config(given, environment, file)
    assert named in str(raised.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(REDIS, {}, tmp_path / "none.toml")
