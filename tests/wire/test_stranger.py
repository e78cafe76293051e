"""A client written from the protocol's page alone: it becomes a player and is told what to play."""

import json

from homeassistant.core import HomeAssistant

from tests.fixtures import BRASS, CreateToken


async def test_stranger(hass: HomeAssistant, create_token: CreateToken, http) -> None:
    """Connect, become a player, receive `synchronized_playback`, fetch the music."""
    token = await create_token("stranger", permissions=["play"])

    async with http.ws_connect("/api/moosicbox/ws", protocols=["moosicbox.v1"]) as socket:

        async def receive(type_):
            while (message := json.loads(await socket.receive_str(timeout=10)))["type"] != type_:
                pass
            return message

        hello = await receive("hello")
        assert hello["protocol"] == {"min": 1, "max": 1}
        client = {"name": "Strange box", "kind": "player", "player_id": "strange-box"}
        await socket.send_str(json.dumps({"type": "authenticate", "token": token, "client": client}))
        welcome = await receive("welcome")
        assert "play:strange-box" in welcome["positions"]

        await hass.async_block_till_done()
        await hass.services.async_call(
            "media_player",
            "play_media",
            {"entity_id": "media_player.strange_box", "media_content_id": BRASS, "media_content_type": "music"},
            blocking=True,
        )

        order = await receive("synchronized_playback")
        assert order["topic"] == "play:strange-box"
        assert order["command"] == "play"
        assert order["start_position"] == 0
        assert order["rate"] == 1
        assert order["sync_time_us"] > hello["server_time_us"]
        assert order["track"]["title"] == "Brass Morning"

        stream = await http.get(order["track"]["stream_url"])
        assert stream.status == 200
        assert (await stream.read()).startswith(b"fLaC")

        report = {"state": "playing", "queue_item_id": order["queue_item_id"], "position_seconds": 0}
        report |= {"at_us": order["sync_time_us"]}
        await socket.send_str(json.dumps({"type": "player_report", "request_id": "1", **report}))
        assert (await receive("result"))["request_id"] == "1"
    assert hass.states.get("media_player.strange_box").state == "playing"
