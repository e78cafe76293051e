"""A tab whose network is cut while it plays: the music goes on, and the missed messages follow."""

import asyncio
from dataclasses import replace
import json
from typing import Any, get_args

from playwright.async_api import WebSocket, expect
import pytest

from script.lib.music import SONGS, write_songs

from .conftest import OpenTab
from .home import Home
from .network import Cut, network
from .test_player import RECONNECT_MS, become_player

DECODED_SECONDS = 12
"""Of playback, after which half a minute is decoded in advance."""
CUT_SECONDS = 15
NOTICES = 5
LONG_SONG = replace(SONGS[0], title="Night Train", step_seconds=1.2)
"""Well over a minute."""
# The start of the item by the local clock: constant as long as no sound is skipped or repeated.
WATCH = """() => {
  window.seen = [];
  setInterval(() => {
    const { state, itemId, position, atUs } = window.moosicbox.player.status;
    window.seen.push({ state, itemId, start: position - atUs / 1e6 });
  }, 100);
}"""


class Received:
    """All messages of the hub to a page, over all of its connections."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def listen(self, socket: WebSocket) -> None:
        """Record the frames of a connection to the hub."""
        if "/api/moosicbox/ws" in socket.url:
            socket.on("framereceived", lambda text: self.messages.append(json.loads(text)))

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == type_]


@pytest.mark.parametrize("how", get_args(Cut.__value__))
async def test_music_goes_on_without_network(home: Home, new_tab: OpenTab, how: Cut) -> None:
    (path,) = await write_songs(home.folder.media, [LONG_SONG])
    async with network(home.port) as between:
        tab, received = await new_tab(url=f"http://127.0.0.1:{between.port}"), Received()
        tab.page.on("websocket", received.listen)
        await tab.page.goto("/moosicbox")
        player = await become_player(home, tab, f"cut off {how}")
        await player.play(f"media-source://media_source/local/{path.name}")
        await player.wait_until_heard()
        await player.wait_until_past(DECODED_SECONDS)
        await tab.page.evaluate(WATCH)

        between.cut(how)
        for number in range(NOTICES):
            await home.api.call("moosicbox.broadcast", target="all", event="cut", data={"number": number})
            await asyncio.sleep(CUT_SECONDS / NOTICES)
        if how == "refused":
            await player.wait_for_state("unavailable")
            await expect(tab.page.get_by_text("No connection to Home Assistant")).to_be_visible()
            await tab.screenshot("player-cut-off")
        await player.wait_until_heard()
        between.mend()

        await expect(tab.page.get_by_text("No connection to Home Assistant")).to_be_hidden(timeout=RECONNECT_MS)
        await player.wait_for_state("playing", media_title=LONG_SONG.title, queue_size=1)
        await player.wait_until_past(DECODED_SECONDS + CUT_SECONDS + 20)
        await player.wait_until_heard()

        assert received.of_type("welcome")[-1]["resumed"] is True
        assert [each["data"]["number"] for each in received.of_type("message")] == list(range(NOTICES))
        seen = await tab.page.evaluate("window.seen")
        assert {(each["state"], each["itemId"]) for each in seen} == {("playing", seen[0]["itemId"])}
        starts = [each["start"] for each in seen]
        assert max(starts) - min(starts) < 0.1
        await player.forget()
