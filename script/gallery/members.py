"""Participants in the pictures: silent players that report the same synchronisation error all the time."""

import asyncio
from contextlib import suppress
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

type Message = dict[str, Any]


class Member:
    """A silent player in a room; it belongs to the user of its token."""

    def __init__(self, token: str, player_id: str, player: str, sync_error_ms: float) -> None:
        self._token = token
        self._about = {"name": player, "kind": "player", "player_id": player_id}
        self._sync_error_ms = sync_error_ms
        self._hub_us = 0
        self._requests = 0
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._websocket: ClientWebSocketResponse
        self._listening: asyncio.Task[None]

    async def connect(self, session: ClientSession) -> None:
        """Connect and log in."""
        self._websocket = await session.ws_connect("/api/moosicbox/ws", protocols=["moosicbox.v1"])
        await self._websocket.send_json({"type": "authenticate", "token": self._token, "client": self._about})
        while (message := await self._websocket.receive_json())["type"] != "welcome":
            pass
        self._hub_us = message["server_time_us"]
        self._listening = asyncio.create_task(self._listen())

    async def leave(self) -> None:
        """Close the connection without ending the session."""
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self._websocket.close()

    async def do(self, type_: str, **fields: Any) -> Message:
        """Send a request, and return its result."""
        self._requests += 1
        request_id = str(self._requests)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[request_id] = answer
        await self._websocket.send_json({"type": type_, "request_id": request_id, **fields})
        return await answer

    async def _listen(self) -> None:
        while (frame := await self._websocket.receive()).type is WSMsgType.TEXT:
            message: Message = frame.json()
            if (answer := self._answers.pop(message.get("request_id", ""), None)) is not None:
                answer.set_result(message)
            elif message["type"] in ("prepare", "synchronized_playback") and message["queue_item_id"]:
                await self._report(message)

    async def _report(self, order: Message) -> None:
        playing = order.get("command") == "play"
        report = {
            "type": "player_report",
            "state": "playing" if playing else "paused",
            "queue_item_id": order["queue_item_id"],
            "ready_item_id": order["queue_item_id"],
            "position_seconds": order.get("start_position", 0),
            "at_us": order.get("sync_time_us", self._hub_us),
            "sync_error_ms": self._sync_error_ms,
        }
        if order["type"] == "prepare":
            report = {key: value for key, value in report.items() if key != "queue_item_id"} | {"state": "playing"}
        await self._websocket.send_json(report)
