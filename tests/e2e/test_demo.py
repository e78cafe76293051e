"""The demo, as its user starts it."""

import asyncio
import sys

import pytest

from script.lib.config_folder import REPOSITORY

# Longer than the demo's own limit, which says what it waited for.
pytestmark = pytest.mark.timeout(300)


async def test_demo_plays_once() -> None:
    """It plays a song on the silent speaker, pauses it by an action and by voice, and stops Home Assistant."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "script.demo", "--once"),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await demo.communicate()
    told = output.decode()
    assert demo.returncode == 0, told
    assert "speaker ← synchronized_playback command=play start_position=0.0 “Brass Morning”" in told
    assert "authSig" not in told
    assert told.endswith("Stopping Home Assistant\n")


async def test_demo_without_a_browser() -> None:
    """It pairs a box by a code, lets it play by the command line, and stops Home Assistant."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "script.demo", "--headless"),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await demo.communicate()
    told = output.decode()
    assert demo.returncode == 0, told
    assert "Paired with" in told
    assert "Brass Morning" in told
    assert told.endswith("command line.\nStopping Home Assistant\n")


async def test_demo_with_several_hubs() -> None:
    """A party whose members sit on different hubs outlives the one that leads, and Home Assistant finds it again."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "script.demo", "--nodes", "3", "--once"),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await demo.communicate()
    told = output.decode()
    assert demo.returncode == 0, told
    assert "at attic, cellar, home-assistant" in told
    assert "another hub leads on" in told
    assert told.endswith("outlived the one that led.\nStopping all of it\n")


async def test_demo_with_fed_speakers() -> None:
    """A Sendspin player and a Snapcast client are added as a person adds them, and play in a room."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "script.demo", "--speakers", "--once"),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await demo.communicate()
    told = output.decode()
    assert demo.returncode == 0, told
    assert told.count("is playing: Brass Morning") == 4, told
    assert told.endswith("one speaker of each kind played in a room.\nStopping Home Assistant\n")
