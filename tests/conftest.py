"""Fixtures and marks for all tests."""

from collections.abc import Callable, Generator
import fcntl
from pathlib import Path
import sys

import pytest

# Home Assistant's test folder of the same name must not be found first.
import custom_components  # noqa: F401
from custom_components.moosicbox.engine.library.reader import client
from custom_components.moosicbox.engine.library.scan import scanner
from script.lib.sounds import Sounds
from tests.forks import ForkServer
from tests.processes import WATCH
from tests.readers import Readers, shared_readers

PROCESS_FIXTURES = frozenset({"assist", "prepared", "redis_server", "sounds", "start_node"})
"""A test that uses one of these starts processes: Home Assistant, nodes, Redis, ffmpeg, the scanner."""

LONGEST = (
    "e2e/test_speaker_network.py",
    "cluster/test_processes.py",
    "e2e/test_network.py",
    "e2e/test_programs.py",
    "e2e/test_pages.py",
    "engine/speakers/test_fed_player.py",
    "e2e/test_stream.py",
    "e2e/test_demo.py",
    "cluster/test_party.py",
    "e2e/test_journeys.py",
    "e2e/test_output_delays.py",
    "e2e/test_player.py",
    "e2e/test_guest.py",
    "e2e/test_party.py",
    "e2e/test_queue_page.py",
    "e2e/test_positions.py",
    "e2e/test_dialogs.py",
    "e2e/test_room.py",
    "home/cluster/test_cluster.py",
    "node/test_node.py",
    "client/test_many_clients.py",
    "cluster/test_histories.py",
)
"""Files in the order in which workers take them: those that wait beside those that need the processor."""

TESTS = Path(__file__).parent

type SharedFolder = Callable[[str, Callable[[Path], object]], Path]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that start processes, and let workers begin with the files that take longest."""
    for item in items:
        if isinstance(item, pytest.Function) and PROCESS_FIXTURES.intersection(item.fixturenames):
            item.add_marker(pytest.mark.process)
    if hasattr(config, "workerinput"):
        ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
        items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let a test's Home Assistant load the integration from this repository."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def only_marked_tests_start_processes(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail a test of `script/test --fast` that starts a process: it has the mark `process`."""
    if "not process" not in request.config.option.markexpr:
        yield
        return
    with WATCH.watched() as started:
        yield
    assert started == [], "This test needs the mark `process`"


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Override the fixture of Home Assistant's plugin that switches asyncio's debug mode on.

    Its tracebacks take half of a test's set-up time. `PYTHONASYNCIODEBUG=1 script/test` switches it on.
    """


@pytest.fixture(scope="session")
def shared_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SharedFolder:
    """Return a function that returns a folder of all workers, filled by the first one that asks for it."""
    base = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        base = base.parent

    def shared_folder(name: str, fill: Callable[[Path], object]) -> Path:
        folder, done = base / name, base / f"{name}.done"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir(exist_ok=True)
                fill(folder)
                done.touch()
        return folder

    return shared_folder


@pytest.fixture(scope="session")
def sounds(shared_folder: SharedFolder) -> Sounds:
    """Return short sounds in every format."""
    return Sounds(shared_folder("sounds", Sounds))


@pytest.fixture(scope="session")
def readers() -> Generator[Readers]:
    """Provide reader processes for all tests."""
    with shared_readers() as readers:
        yield readers


@pytest.fixture(scope="session")
def fork_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[ForkServer]:
    """Provide the process that scanner and reader processes are forked from."""
    server = ForkServer(tmp_path_factory.mktemp("forks"))
    yield server
    server.close()


@pytest.fixture
def forks(fork_server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scanner and reader processes start as forks. Their programs are the same, but start in a tenth of the time."""
    if sys.platform == "linux":
        for module in client, scanner:
            monkeypatch.setattr(module, "command", fork_server.command)
