"""Programs that scripts and tests start, where they fail to start or take too long."""

import os
from pathlib import Path
import sys

import pytest

from script.lib import process as process_module
from script.lib.config_folder import ConfigFolder
from script.lib.process import HomeAssistantProcess, StartError
from tests.e2e import shell as shell_module
from tests.e2e.shell import Shell

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("ending", "fault"), [("exec sleep 60", "was not ready after 3.0 s"), ("exit 3", "ended with 3 while starting")]
)
async def test_a_failed_start_shows_the_end_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, fault: str
) -> None:
    program = tmp_path / "hass"
    program.write_text(f"#!/bin/sh\necho Loading the garden\n{ending}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(process_module, "START_TIMEOUT", 3.0)
    process = HomeAssistantProcess(ConfigFolder(tmp_path), 1, tmp_path / "log")
    try:
        with pytest.raises(StartError) as raised:
            await process.start()
        assert str(raised.value) == f"Home Assistant {fault}:\nLoading the garden"
    finally:
        await process.stop()


async def test_a_command_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_module, "PATIENCE", 3)
    pid = tmp_path / "pid"
    shell = Shell(tmp_path, program=["/bin/sh", "-c", f"echo $$ > {pid}; exec sleep 60"])
    with pytest.raises(TimeoutError):
        await shell.run()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
