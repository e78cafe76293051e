"""The settings of a node.

Each is taken from the first place that has it: the command line, environment variables, a TOML file, the defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
import platform
import re
import tomllib
from typing import Any, Final

from ..limits import Limits
from ..settings import CHECKS, SETTINGS, defaults, faults, from_environment, limits_of
from .forwarded import Network

ADDRESS: Final = "WS_BIND_ADDRESS"
DEFAULT_HOST: Final = "0.0.0.0"  # noqa: S104 - a hub serves other machines
DEFAULT_PORT: Final = 8080
DEFAULT_DATA: Final = "/var/lib/moosicbox"
TOP_LEVEL_KEYS: Final = {"host": str, "port": int, "data": str, "drain_seconds": int, "trusted_proxies": list}
"""Settings at the top level of the file, beside the tables of options, with their types."""
MAX_DRAIN: Final = 300
PASSWORD: Final = re.compile(r"(?<=//)[^/@]*@")


class ConfigError(Exception):
    """A setting is missing or invalid; the message names it and its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """All settings of a node."""

    redis_url: str = field(repr=False)
    node_id: str
    host: str
    port: int
    music: tuple[Path, ...]
    data: Path
    """The folder of the library's index and caches."""
    drain_seconds: int
    """How long a node that shuts down reports that it isn't ready before it closes its connections."""
    trusted_proxies: tuple[Network, ...]
    """Load balancers whose `X-Forwarded-For` is trusted."""
    limits: Limits

    @property
    def redis(self) -> str:
        """The address of Redis without the password, for logs."""
        return PASSWORD.sub("", self.redis_url).partition("?")[0]


def load_config(given: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None) -> NodeConfig:
    """Read the settings.

    Args:
        given: The command line's settings; `None` values count as absent.
        environment: The environment variables.
        file: A TOML file.

    Raises:
        ConfigError: A setting is missing or invalid.
    """
    values: dict[str, Any] = defaults() | {"host": DEFAULT_HOST, "port": DEFAULT_PORT, "drain_seconds": 5}
    values |= {
        "data": DEFAULT_DATA,
        "trusted_proxies": [],
        "node_id": re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node())[:64] or "node",
    }
    if file is not None:
        values |= _from_file(file)
    variables, wrong = from_environment(environment)
    if wrong:
        raise ConfigError(f"{wrong[0]} has an invalid value")
    values |= variables | _bind_address(environment.get(ADDRESS, "").strip())
    values |= {key: value for key, value in given.items() if value is not None}
    return _checked(values)


def _checked(values: dict[str, Any]) -> NodeConfig:
    if not values["redis_url"]:
        raise ConfigError("A node needs Redis: set its address by --redis, WS_REDIS_URL or redis_url")
    if not 0 <= values["port"] <= 65_535:
        raise ConfigError(f"{values['port']} is no valid port")
    if not 0 <= values["drain_seconds"] <= MAX_DRAIN:
        raise ConfigError(f"drain_seconds must be 0 to {MAX_DRAIN}")
    try:
        proxies = tuple(ip_network(proxy) for proxy in values["trusted_proxies"])
    except ValueError as error:
        raise ConfigError(f"trusted_proxies must be addresses or networks: {error}") from error
    for key, check in CHECKS.items():
        if not check.is_valid(values[key]):
            raise ConfigError(f"{key} has an invalid value ({check.error_key})")
    if found := faults(values):
        raise ConfigError(f"The settings contradict each other ({', '.join(found.values())})")
    return NodeConfig(
        redis_url=values["redis_url"],
        node_id=values["node_id"],
        host=values["host"],
        port=values["port"],
        music=tuple(Path(folder) for folder in values["library_folders"]),
        data=Path(values["data"]),
        drain_seconds=values["drain_seconds"],
        trusted_proxies=proxies,
        limits=limits_of(values),
    )


def _from_file(path: Path) -> dict[str, Any]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no valid TOML: {error}") from error
    known = {(setting.section, setting.key): setting for setting in SETTINGS}
    values: dict[str, Any] = {}
    for name, table in tables.items():
        if (kind := TOP_LEVEL_KEYS.get(name)) is not None:
            if type(table) is not kind:
                raise ConfigError(f"{path}: {name} has the wrong type")
            values[name] = table
            continue
        for key, value in table.items() if isinstance(table, dict) else [("", table)]:
            if (setting := known.get((name, key))) is None:
                raise ConfigError(f"{path}: {name}{key and '.'}{key} is unknown")
            try:
                values[key] = setting.checked(value)
            except ValueError as error:
                raise ConfigError(f"{path}: {name}.{key} has an invalid value") from error
    return values


def _bind_address(text: str) -> dict[str, Any]:
    if not text:
        return {}
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit()):
        raise ConfigError(f"{ADDRESS} must be a host and a port, such as {DEFAULT_HOST}:{DEFAULT_PORT}")
    return {"host": host.strip("[]") or DEFAULT_HOST, "port": int(port)}
