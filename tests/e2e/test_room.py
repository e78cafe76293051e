"""Browsers in one room: the sound of each is read sample by sample."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

import pytest_asyncio

from benchmarks.sync.listener import Listener, differences
from benchmarks.sync.ruler import SECONDS, write_rulers
from benchmarks.sync.tab import open_tab
from custom_components.moosicbox.engine.client import MoosicBoxClient
from custom_components.moosicbox.engine.protocol.client import RoomJoin
from tests.station import Recording, on_air

from .home import Home
from .tabs import Tabs

TOGETHER_MS = 20
"""Not audible, and much more than their difference on an idle machine."""
PATIENCE_SECONDS = 60


class Party:
    """A room whose music is a ruler, and its browsers."""

    def __init__(self, home: Home, tabs: Tabs, hub: MoosicBoxClient) -> None:
        self.listeners: list[Listener] = []
        self.hub = hub
        self._home = home
        self._tabs = tabs

    async def begin(self) -> None:
        """A room with two songs in its queue."""
        self.room = await self.hub.create_room("Party", wait="all")
        for name in await write_rulers(self._home.folder.media, 2):
            await self.room.queue.add(media=f"media-source://media_source/local/{name}")

    async def join(self, name: str) -> Listener:
        listener = await open_tab(await self._tabs.browser(), self._home.api, self.hub, name)
        await listener.read_all_the_time()
        self.listeners.append(listener)
        await self.hub.request(RoomJoin(room_id=self.room.id, player_id=listener.player_id))
        return listener

    async def end(self) -> None:
        await self.room.close()
        for listener in self.listeners:
            await listener.close()
            info = self.hub.player(listener.player_id).info
            assert info is not None
            assert info.entity_id is not None
            await self._home.forget_player(info.entity_id)


@pytest_asyncio.fixture(loop_scope="session")
async def party(home: Home, tabs: Tabs) -> AsyncGenerator[Party]:
    """A room made by a controller without a player."""
    async with MoosicBoxClient(home.url, token=await home.api.access_token()) as hub:
        party = Party(home, tabs, hub)
        await party.begin()
        yield party
        await party.end()


async def until(true: Callable[[], bool]) -> None:
    """Wait until what was read shows it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110 - pages are read now and then
            await asyncio.sleep(0.1)


def together(listeners: Sequence[Listener], *, track: int, past: float) -> bool:
    """Tell if all play the same position of a track, after `past` seconds, at one moment."""
    if not all(listener.readings for listener in listeners):
        return False
    at = min(listener.readings[-1].at for listener in listeners)
    heard = [reading for listener in listeners if (reading := listener.heard(at)) is not None]
    return (
        len(heard) == len(listeners)
        and all(reading.track == track and reading.position > past for reading in heard)
        and max(differences(listeners, [at])) < TOGETHER_MS
    )


def silent(listener: Listener) -> bool:
    return bool(listener.silences) and listener.silences[-1] > listener.readings[-1].at


async def test_a_song_sounds_in_all_at_the_same_place(party: Party) -> None:
    both = [await party.join("room-1"), await party.join("room-2")]
    await party.room.play()
    await until(lambda: together(both, track=0, past=0))
    # Both began at the start of the track.
    assert [(listener.readings[0].track, listener.readings[0].position < 1) for listener in both] == [(0, True)] * 2

    await party.room.seek(30)
    await until(lambda: together(both, track=0, past=30))
    late = await party.join("room-late")
    everybody = [*both, late]
    await until(lambda: together(everybody, track=0, past=30))
    assert late.readings[0].position > 30

    await party.room.pause()
    await until(lambda: all(map(silent, everybody)))
    await party.room.seek(50)
    await party.room.play()
    await until(lambda: together(everybody, track=0, past=50))
    await until(lambda: together(everybody, track=1, past=0))


async def test_a_station_sounds_in_all_at_the_same_place_by_one_connection(party: Party, home: Home) -> None:
    both = [await party.join("radio-1"), await party.join("radio-2")]
    ruler = (home.folder.media / "ruler-1.flac").read_bytes()
    async with on_air() as station:
        station.recording = Recording(ruler, "audio/flac", SECONDS)
        added = await home.api.ask("moosicbox.add_station", media_content_id=station.url, name="Rulers")
        await party.room.queue.clear()
        await party.room.queue.add(media=f"media-source://moosicbox/station/{added['item']['station_id']}")
        asked = station.connections
        await party.room.play()
        await until(lambda: together(both, track=1, past=0))
        late = await party.join("radio-late")
        everybody = [*both, late]
        await until(lambda: together(everybody, track=1, past=0))
        await party.room.pause()
        await until(lambda: all(map(silent, everybody)))
        paused = late.readings[-1].position
        await party.room.play()
        # The station went on meanwhile.
        await until(lambda: together(everybody, track=1, past=paused))
        assert (station.connections - asked, station.open) == (1, 1)
    await home.api.ask("moosicbox.remove_station", station="Rulers")
