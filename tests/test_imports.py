"""Imports run one way: no cycles, and from Home Assistant's side down to the protocol."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

INTEGRATION = Path(__file__).parent.parent / "custom_components/moosicbox"
LAYERS: tuple[tuple[str, ...], ...] = (
    (
        "engine.protocol",
        "engine.signals",
        "engine.clock",
        "engine.timers",
        "engine.metrics",
        "engine.background",
        "engine.clock_watch",
        "engine.fetching",
        "engine.ffmpeg_process",
    ),
    ("engine.limits", "engine.timer_runner", "engine.sync", "engine.checked_requests"),
    ("engine.access", "engine.greeting"),
    ("engine.settings", "engine.delivery"),
    ("engine.playback",),
    ("engine.sessions",),
    ("engine.rooms", "engine.library", "engine.radio"),
    ("engine.household",),
    ("engine.store", "engine.identity", "engine.notices", "engine.artwork_renewal", "engine.dispatcher"),
    ("engine.persistence",),
    ("engine.hub",),
    ("engine.internal_subscriber", "engine.metrics_report", "engine.reactions"),
    ("engine.handlers",),
    ("engine.assembly",),
    ("engine.transport",),
    ("engine.cluster",),
    ("engine.node",),
    ("engine.speakers",),
    ("engine.api", "engine.cluster_api", "engine.speakers_api", "engine.sendspin_api"),
    ("engine.client",),
    ("",),
)
"""Modules and packages from the lowest to the highest layer; the empty name is Home Assistant's side.

A module imports from lower layers and from its own entry; entries of one layer don't import each other.
"""
CLIENT_MAY_IMPORT = ("engine.client", "engine.protocol", "engine.signals", "engine.sync")


@cache
def modules() -> dict[str, Path]:
    """The integration's modules by their dotted names below the integration."""
    found = {}
    for path in INTEGRATION.rglob("*.py"):
        parts = path.relative_to(INTEGRATION).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports() -> dict[str, frozenset[str]]:
    """The modules of the integration that each one imports, including imports in functions and for types."""
    return {name: frozenset(_imported(name, path)) - {name} for name, path in modules().items()}


def _imported(name: str, path: Path) -> Iterator[str]:
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = package[: len(package) - node.level + 1] + (node.module or "").split(".")
        module = ".".join(filter(None, base))
        for alias in node.names:
            submodule = f"{module}.{alias.name}".removeprefix(".")
            yield submodule if submodule in modules() else module


@cache
def layer(name: str) -> tuple[int, str]:
    """A module's layer, and the entry of the table that it belongs to."""
    entries = [(number, entry) for number, entries in enumerate(LAYERS) for entry in entries]
    return max(
        (found for found in entries if not found[1] or name == found[1] or name.startswith(f"{found[1]}.")),
        key=lambda found: len(found[1]),
    )


def test_there_are_no_cycles() -> None:
    order, cycles = [], []
    state: dict[str, bool] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            cycles.append(" → ".join((*path[path.index(name) :], name)))
        elif name not in state:
            state[name] = True
            for imported in sorted(imports()[name] & modules().keys()):
                visit(imported, (*path, name))
            order.append(name)

    for name in modules():
        visit(name, ())
    assert len(order) > 200
    assert not cycles, "\n".join(sorted(cycles))


@pytest.mark.parametrize("entry", [entry for entries in LAYERS for entry in entries])
def test_imports_run_downhill(entry: str) -> None:
    mine = [name for name in modules() if layer(name)[1] == entry]
    assert mine, f"There is no module {entry}"
    number = next(number for number, entries in enumerate(LAYERS) if entry in entries)
    uphill = [
        f"{name} imports {imported}"
        for name in mine
        for imported in imports()[name]
        if layer(imported)[1] != entry and layer(imported)[0] >= number
    ]
    assert not uphill, "\n".join(sorted(uphill))


def test_every_engine_module_has_a_layer() -> None:
    without = [name for name in modules() if name.startswith("engine.") and not layer(name)[1]]
    assert not without


def test_the_client_needs_nothing_of_the_hub() -> None:
    foreign = [
        f"{name} imports {imported}"
        for name in modules()
        if name.startswith("engine.client") and not name.startswith("engine.client.cli")
        for imported in imports()[name]
        if not imported.startswith(CLIENT_MAY_IMPORT)
    ]
    assert not foreign, "\n".join(sorted(foreign))
