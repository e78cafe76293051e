"""The conformance checks: the project's own hub and client pass, faulty ones fail."""

import asyncio
from typing import get_args

from aiohttp import ClientSession
import pytest

from custom_components.moosicbox.engine.client import ClientInfo, ConnectionClosed, MoosicBoxClient
from custom_components.moosicbox.engine.client.conformance import hub as hub_module
from custom_components.moosicbox.engine.client.conformance.__main__ import check_hub
from custom_components.moosicbox.engine.client.conformance.checks import CHECKS
from custom_components.moosicbox.engine.client.conformance.frames import Side, find_mismatch, golden
from custom_components.moosicbox.engine.client.conformance.hub import STEPS, serve
from custom_components.moosicbox.engine.client.player.program import OutputSettings, run_player
from script.lib.process import free_port
from tests.fixtures import CreateToken


async def test_own_hub_passes(address: str, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert await check_hub(address, token) == 0, capsys.readouterr().out
    assert f"{len(CHECKS)} of {len(CHECKS)} passed" in capsys.readouterr().out


def test_mismatches_with_golden_frames_are_named() -> None:
    for side in get_args(Side.__value__):
        for name, frame in golden(side).items():
            assert find_mismatch(side, frame) is None, name
    status = golden("server")["playback_status"]
    assert find_mismatch("server", {**status, "of_tomorrow": 1}) is None
    assert find_mismatch("server", {**status, "volume": "loud"}) == "volume is a string, not a number"
    track = {**status["current_track"], "year": "1959"}
    assert find_mismatch("server", {**status, "current_track": track}) == "current_track.year is a string, not a number"
    assert find_mismatch("server", {key: value for key, value in status.items() if key != "anchor_us"}) == (
        "playback_status has no anchor_us"
    )
    assert find_mismatch("client", {"type": "ping", "requst_id": "1"}) == "ping has no field requst_id"
    assert find_mismatch("client", {"type": "of_tomorrow"}) is None


async def test_failing_hub_is_reported(
    address: str, create_token: CreateToken, capsys: pytest.CaptureFixture[str]
) -> None:
    listener = await create_token("ear", permissions=["listen"])
    assert await check_hub(address, listener) > 0
    out = capsys.readouterr().out
    assert "FAILED: expected" in out
    assert "greeting       ok" in out


@pytest.mark.process
async def test_own_client_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "STAY_AWAY_SECONDS", 0.5)
    lines: list[str] = []
    port = free_port()
    serving = asyncio.create_task(serve(port, lines.append))
    await asyncio.sleep(0)
    info = ClientInfo(name="Box", kind="player", player_id="box")
    client = MoosicBoxClient(f"http://127.0.0.1:{port}", token="any", client=info, transport="websocket")
    with pytest.raises(ConnectionClosed):
        await run_player(client, OutputSettings(device="null"))
    assert await serving == 0, lines
    assert sum(line.endswith(" ok") for line in lines) == len(STEPS) + 1


async def test_failing_client_is_reported() -> None:
    lines: list[str] = []
    port = free_port()
    serving = asyncio.create_task(serve(port, lines.append))
    while not lines:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    async with ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{port}/api/moosicbox/ws") as socket:
        await socket.receive()
        await socket.send_json({"type": "authenticate", "token": "any", "client": {"name": "x", "kind": "monitor"}})
    assert await serving == 1
    assert "expected a client that connects as a player" in lines[-1]
