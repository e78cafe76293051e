"""A Sendspin speaker that is fed by a real Home Assistant."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from aiohttp import ClientSession

from script.lib.music import SONGS, write_songs
from script.lib.speaker_dialogs import add_sendspin
from tests.engine.speakers.sendspin_speaker import listening, make_speaker

from .home import Home

LONG_SONG = replace(SONGS[0], title="Slow Restart", step_seconds=4)
PATIENCE = 90


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the speaker has no event for each of them
            await asyncio.sleep(0.02)


async def test_a_restart_in_mid_song(home: Home) -> None:
    """The speaker is dialled again, and its song goes on."""
    (path,) = await write_songs(home.folder.media, [LONG_SONG])
    entry = await home.api.set_up_integration()
    async with ClientSession() as session:
        speaker = await make_speaker(session, name="Cellar")
        async with listening(speaker) as url:
            added = await add_sendspin(home.api, entry["entry_id"], url)
            media = f"media-source://media_source/local/{path.name}"
            await home.api.call(
                "media_player.play_media", entity_id=added.entity_id, media_content_id=media, media_content_type="music"
            )
            await until(lambda: speaker.received)
            await home.restart()
            before = len(speaker.received)
            await until(lambda: len(speaker.received) > before)
            await home.api.wait_for_state(added.entity_id, lambda state: state["state"] == "playing")
            await home.api.call("media_player.media_stop", entity_id=added.entity_id)
        await speaker.client.disconnect()
