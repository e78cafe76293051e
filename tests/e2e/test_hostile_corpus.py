"""All hostile files, pictures, messages, tokens and invites, thrown at a real Home Assistant."""

from pathlib import Path
from typing import Final

from aiohttp import ClientSession
import pytest

from benchmarks.process import forget_largest_memory, memory_field
from script.lib.sounds import Sounds

from .home import running_home
from .hostile_corpus import HostileCorpus

MAX_GROWTH: Final = 64 * 1_048_576
"""Bytes by which the largest memory of Home Assistant's process may exceed that before."""


@pytest.mark.timeout(1_200)
async def test_home_assistant_stays_small_and_quiet(tmp_path: Path, sounds: Sounds) -> None:
    async with running_home(tmp_path) as home, ClientSession() as session:
        corpus = HostileCorpus(home, session, sounds, tmp_path)
        await corpus.warm_up()
        pid = home.process.pid
        before = memory_field(pid, "VmRSS")
        forget_largest_memory(pid)
        await corpus.throw()
        assert memory_field(pid, "VmHWM") - before <= MAX_GROWTH
    assert "Traceback" not in home.process.log.read_text("utf-8")
