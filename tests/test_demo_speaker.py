"""The demo's speaker, where the demo itself shows it too seldom."""

from unittest.mock import AsyncMock, MagicMock

from aiohttp import WSMessage, WSMsgType

from script.demo_speaker import DemoSpeaker, Playback


async def test_nothing_is_reported_before_the_welcome() -> None:
    """While it plays and connects again, a report that is due waits: as the first message, it would be refused."""
    speaker = DemoSpeaker("http://hub.example", "token")
    speaker._playback = Playback("play", "item", 0.0, speaker._hub_us(), 1.0, 20.0)
    assert speaker._seconds_to_report() is not None
    websocket = MagicMock(closed=False)

    async def receive(timeout: float | None) -> WSMessage:
        websocket.closed = True
        assert timeout is None
        return WSMessage(WSMsgType.CLOSED, None, None)

    websocket.receive, websocket.send_json = receive, AsyncMock()
    await speaker._talk(MagicMock(), websocket)
    websocket.send_json.assert_not_awaited()
