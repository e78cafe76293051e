"""The tone of an alarm, by a process that stays until it is killed."""

import asyncio
from pathlib import Path
import tempfile

import psutil
import pytest

from custom_components.moosicbox.engine.client.player.tone import Tone

from .test_client import PATIENCE, until

pytestmark = pytest.mark.process


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary folders are created."""
    folders = tmp_path / "temporary"
    folders.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    return folders


@pytest.fixture
def player(tmp_path: Path) -> str:
    """Return a program that is run in place of mpv; it notes the file that it is to play."""
    path = tmp_path / "mpv"
    path.write_text(f'#!/bin/sh\nfor file; do :; done\necho "$file" >> {tmp_path}/played\nexec sleep 600\n', "utf-8")
    path.chmod(0o755)
    return str(path)


def played(player: str) -> list[str]:
    """Return the files that were played."""
    notes = Path(player).with_name("played")
    return notes.read_text("utf-8").splitlines() if notes.exists() else []


async def test_each_tone_has_a_folder_that_is_deleted_after_it(folders: Path, player: str) -> None:
    tone = Tone(player, ())
    for number in (1, 2):
        await tone.set(sounds=True)
        await until(lambda number=number: len(played(player)) == number)
        await tone.set(sounds=True)
        assert [str(path) for path in folders.glob("*/alarm.wav")] == played(player)[-1:]
        await tone.set(sounds=False)
        assert not list(folders.iterdir())
    await tone.set(sounds=False)
    assert len(played(player)) == 2


async def test_tone_is_started_again_if_its_process_has_exited(folders: Path, player: str) -> None:
    tone = Tone(player, ())
    before = set(psutil.Process().children())
    await tone.set(sounds=True)
    await until(lambda: len(played(player)) == 1)
    (process,) = set(psutil.Process().children()) - before
    process.kill()
    async with asyncio.timeout(PATIENCE):
        while len(played(player)) < 2:
            await tone.set(sounds=True)
            await asyncio.sleep(0.01)
    assert len(list(folders.iterdir())) == 1
    await tone.set(sounds=False)
    assert not list(folders.iterdir())


async def test_program_that_is_missing_leaves_no_folder(folders: Path, tmp_path: Path) -> None:
    tone = Tone(str(tmp_path / "missing"), ())
    await tone.set(sounds=True)
    await tone.set(sounds=False)
    assert not list(folders.iterdir())
