"""What a node is told: by the command line, before the specification's variables, before a TOML file, before our defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
import platform
import re
import tomllib
from typing import Any, Final

from ..limits import Limits
from ..settings import FORMS, SETTINGS, defaults, fault, from_environment, limits_of
from .forwarded import Network

ADDRESS: Final = "WS_BIND_ADDRESS"
DEFAULT_HOST: Final = "0.0.0.0"  # noqa: S104 - a hub is there to be reached
DEFAULT_PORT: Final = 8080
DEFAULT_DATA: Final = "/var/lib/moosicbox"
TOP_LEVEL_KEYS: Final = {"host": str, "port": int, "data": str, "drain_seconds": int, "trusted_proxies": list}
"""What is set at the top of the file, beside the tables of options."""
MAX_DRAIN: Final = 300
PASSWORD: Final = re.compile(r"(?<=//)[^/@]*@")


class ConfigError(Exception):
    """Something is set wrong; the message says what, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """All that a node needs to know."""

    redis_url: str = field(repr=False)
    node_id: str
    host: str
    port: int
    music: tuple[Path, ...]
    data: Path
    """Where the index of the music and what is made from it are kept."""
    drain_seconds: int
    """How long before it parts from its clients a node that ends says so to whoever asks for its health."""
    trusted_proxies: tuple[Network, ...]
    """Load balancers that may say who is asking."""
    limits: Limits

    @property
    def redis(self) -> str:
        """Where Redis is, for people: without the password."""
        return PASSWORD.sub("", self.redis_url).partition("?")[0]


def load_config(given: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None) -> NodeConfig:
    """The settings, from the first of all places that has each. `given` is the command line's; ConfigError."""
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
        raise ConfigError(f"{wrong[0]} has no value that is allowed")
    values |= variables | _bind_address(environment.get(ADDRESS, "").strip())
    values |= {key: value for key, value in given.items() if value is not None}
    return _checked(values)


def _checked(values: dict[str, Any]) -> NodeConfig:
    if not values["redis_url"]:
        raise ConfigError("A node needs Redis: name it with --redis, WS_REDIS_URL or redis_url")
    if not 0 <= values["port"] <= 65_535:
        raise ConfigError(f"{values['port']} is no port")
    if not 0 <= values["drain_seconds"] <= MAX_DRAIN:
        raise ConfigError(f"drain_seconds is 0 to {MAX_DRAIN}")
    try:
        proxies = tuple(ip_network(proxy) for proxy in values["trusted_proxies"])
    except ValueError as error:
        raise ConfigError(f"trusted_proxies are addresses or networks: {error}") from error
    for key, form in FORMS.items():
        if not form.holds(values[key]):
            raise ConfigError(f"{key} is not what it should be ({form.fault})")
    if (name := fault(values)) is not None:
        raise ConfigError(f"The settings don't go together ({name})")
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
        raise ConfigError(f"{path} is no TOML: {error}") from error
    known = {(setting.section, setting.key): setting for setting in SETTINGS}
    values: dict[str, Any] = {}
    for name, table in tables.items():
        if (kind := TOP_LEVEL_KEYS.get(name)) is not None:
            if type(table) is not kind:
                raise ConfigError(f"{path}: {name} is not of the right kind")
            values[name] = table
            continue
        for key, value in table.items() if isinstance(table, dict) else [("", table)]:
            if (setting := known.get((name, key))) is None:
                raise ConfigError(f"{path}: there is no {name}{key and '.'}{key}")
            try:
                values[key] = setting.checked(value)
            except ValueError as error:
                raise ConfigError(f"{path}: {name}.{key} has no value that is allowed") from error
    return values


def _bind_address(text: str) -> dict[str, Any]:
    if not text:
        return {}
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit()):
        raise ConfigError(f"{ADDRESS} is a host and a port, such as {DEFAULT_HOST}:{DEFAULT_PORT}")
    return {"host": host.strip("[]") or DEFAULT_HOST, "port": int(port)}
