"""Rooms in the client library."""

import pytest

from custom_components.moosicbox.engine.client import RoomEvent, RoomNotFound

from .conftest import Dial
from .test_client import until


async def test_mirror_follows_room_events(dial: Dial) -> None:
    ada, eve = await dial(name="Ada"), await dial(name="Eve")
    room = await ada.create_room("Jazz", id="jazz", description="Blue notes")
    seen = eve.room("jazz")
    await until(lambda: seen.info is not None)
    assert seen.state is None
    joined = await seen.join()
    assert joined.name == "Jazz"
    await until(lambda: room.state is not None and len(room.state.participants) == 2)
    await seen.chat("Hello")
    await until(lambda: [line.message for line in room.state.chat] == ["Hello"])
    await room.update(name="Cool Jazz")
    await until(lambda: seen.state is not None and seen.state.name == "Cool Jazz")
    events = ada.events(RoomEvent)
    await seen.leave()
    assert (await anext(events)).event_type == "user_left"
    await until(lambda: seen.state is None)
    await room.close()
    await until(lambda: room.state is None and seen.info is None)
    with pytest.raises(RoomNotFound):
        await seen.join()
