"""Processes that tests start as forks end like those that the hub starts."""

import subprocess
import sys

import pytest

from custom_components.moosicbox.engine.library import child_process
from custom_components.moosicbox.engine.library.reader.client import ReaderProcess
from custom_components.moosicbox.engine.library.reader.messages import ReadingFailed, ReadTags
from tests.forks import ForkServer

pytestmark = [pytest.mark.process, pytest.mark.skipif(sys.platform != "linux", reason="forks need Linux's pidfd")]


def test_a_fork_ends_as_the_process_would(fork_server: ForkServer) -> None:
    for command in child_process.command, fork_server.command:
        ended = subprocess.run(  # noqa: S603 - our own program
            command("scan.worker"), input=b"no request", capture_output=True, check=False
        )
        assert ended.returncode == 1
        assert b"msgspec.ValidationError" in ended.stderr


def test_a_fork_ends_when_its_process_is_killed(forks: None) -> None:
    reader = ReaderProcess()
    assert reader.ask(ReadTags(b"", b"/nowhere")) == ReadingFailed(None)
    process = reader._process
    assert process is not None
    assert process.stdout is not None
    process.kill()
    # The end of the stream comes when the fork, the last to have it open, has ended.
    assert process.stdout.read() == b""
    reader.close()
    reader.wait()
