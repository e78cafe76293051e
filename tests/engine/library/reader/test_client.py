"""The parent of a reader process: each file gets its reply, even if the process fails."""

from pathlib import Path
import sys
from typing import Any

import pytest

from custom_components.moosicbox.engine.library.reader import client
from custom_components.moosicbox.engine.library.reader.client import ReaderProcess
from custom_components.moosicbox.engine.library.reader.messages import FileTags, ReadingFailed, ReadTags, Request

pytestmark = pytest.mark.process

FOLDER = Path(client.__file__).parents[3]
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
sys.path.append({folder!r})
from engine.library.reader import process
from engine.library.reader.messages import FileTags

process.MAX_SECONDS = {seconds}
process.MAX_CPU_SECONDS = {cpu_seconds}

def read(request):
    match request.path:
        case b"/abort":
            os.abort()
        case b"/sleep":
            time.sleep(1000)
        case b"/spin":
            while True:
                pass
        case b"/deaf":
            signal.setitimer(signal.ITIMER_REAL, 0)
            time.sleep(1000)
        case b"/memory":
            raise MemoryError
        case b"/exit":
            os._exit(0)
        case b"/garbage":
            os.write(1, b"xxxxxxxx")
            os.write(replies, b"\\0\\0\\0\\3xyz")
            time.sleep(1000)
        case b"/long":
            os.write(replies, b"\\xff" * 8)
            time.sleep(1000)
        case b"/once":
            marker = Path({marker!r})
            if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        case b"/large":
            process.RETIRE_BYTES = 0
        case b"/error":
            raise RuntimeError
        case b"/gone":
            raise FileNotFoundError
    return FileTags(fingerprint=request.path.decode(), title=str(os.getpid()))

dup = os.dup
def remember(descriptor):
    global replies
    replies = dup(descriptor)
    return replies
os.dup = remember
process._read = read
process.main()
"""


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A reader whose process behaves as the paths of files tell it to."""

    def make(seconds: float = 20, cpu_seconds: float = 20) -> ReaderProcess:
        program = PROGRAM.format(
            seconds=seconds, cpu_seconds=cpu_seconds, marker=str(tmp_path / "marker"), folder=str(FOLDER)
        )
        monkeypatch.setattr(client, "command", lambda _module: [sys.executable, "-c", program])
        return ReaderProcess()

    return make


def requests(*paths: str) -> list[Request]:
    return [ReadTags(b"", path.encode()) for path in paths]


def results(reader: ReaderProcess, *paths: str) -> list[str | None]:
    """Return each path if it was read, else the reason why not."""
    replies = [
        reply.fingerprint if isinstance(reply, FileTags) else reply.reason
        for reply in reader.ask_all(requests(*paths))
        if isinstance(reply, FileTags | ReadingFailed)
    ]
    reader.close()
    reader.wait()
    return replies


def test_replies_come_in_the_order_of_requests(reader: Any) -> None:
    paths = [f"/{number}" for number in range(50)]
    assert results(reader(), *paths) == paths


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/abort", "crash"),
        ("/exit", "crash"),
        ("/memory", "memory"),
        ("/garbage", "crash"),
        ("/long", "crash"),
        ("/error", "unsupported"),
        ("/gone", None),
    ],
)
def test_a_file_that_fails_is_named_and_the_others_are_read(reader: Any, path: str, reason: str | None) -> None:
    assert results(reader(), "/a", path, "/b", "/c", path) == ["/a", reason, "/b", "/c", reason]


def test_a_file_that_takes_too_much_cpu_time(reader: Any) -> None:
    assert results(reader(cpu_seconds=0.2), "/a", "/spin", "/b") == ["/a", "timeout", "/b"]


def test_a_file_whose_disk_hangs(reader: Any) -> None:
    assert results(reader(seconds=0.2), "/a", "/sleep", "/b") == ["/a", "timeout", "/b"]


def test_a_process_that_does_not_end_itself(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = reader()
    assert next(made.ask_all(requests("/a"))) is not None
    monkeypatch.setattr(client, "MAX_SECONDS", 0.2)
    monkeypatch.setattr(client, "GRACE_SECONDS", 0)
    assert made.ask(ReadTags(b"", b"/deaf")) == ReadingFailed("timeout")
    made.close()
    made.wait()


def test_a_process_that_was_killed_by_chance_is_no_reason_to_blame_the_file(reader: Any) -> None:
    assert results(reader(), "/a", "/once", "/b") == ["/a", "/once", "/b"]


def test_a_process_that_became_large_is_replaced(reader: Any) -> None:
    made = reader()
    first, large, other = (reply.title for reply in made.ask_all(requests("/a", "/large", "/b")))
    assert first == large != other
    made.close()
    made.wait()


def test_closing_ends_a_process_that_is_busy(reader: Any) -> None:
    made = reader()
    replies = made.ask_all(requests("/a", "/sleep"))
    next(replies)
    made.close()
    # The file isn't to blame, so that it can be read another time.
    assert next(replies) == ReadingFailed(None)
    made.wait()
