"""Every client message with hostile values, and mutated tokens: each answer is a result or a named error.

`script/fuzz` repeats these tests with other seeds.
"""

from collections.abc import Generator
from dataclasses import replace
from itertools import product
import json
import logging
import os
from pathlib import Path
import random
from typing import Any, Final

from aiohttp import TCPConnector
from aiohttp.abc import ResolveResult
import pytest

from custom_components.moosicbox.engine.hub import Hub
from tests.fixtures import Connect, CreateToken, ManualClock
from tests.hostile_messages import MESSAGES, hostile, mutated, throw

from .client import CONTROLLER, Client, player

SEED: Final = int(os.environ.get("FUZZ_SEED", "1"))
VARIANTS: Final = 12
"""Hostile variants of each message in a run; `script/fuzz` runs with one seed after the other."""
MAX_GROWTH: Final = 64 * 1_048_576
"""Bytes of this process, in which the hub is."""
PAGE_SIZE: Final = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(autouse=True)
def nothing_grows_or_fails(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Fail on an error or a traceback in the log, and if the process grows too much."""
    before = resident()
    yield
    faults = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.levelno >= logging.ERROR or record.exc_info
    ]
    assert faults == []
    assert resident() - before <= MAX_GROWTH


def resident() -> int:
    """Return the bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_SIZE


async def test_hostile_values(
    hub: Hub, connect: Connect, create_token: CreateToken, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub answers, or closes with a code of the protocol, and serves others on."""
    resolve = TCPConnector._resolve_host

    async def resolve_here(connector: TCPConnector, host: str, *args: Any, **more: Any) -> list[ResolveResult]:
        if host != "127.0.0.1":
            raise OSError(f"{host} isn't looked up in this test")
        return await resolve(connector, host, *args, **more)

    monkeypatch.setattr(TCPConnector, "_resolve_host", resolve_here)
    hub.configure(replace(hub.limits, max_players_per_user=10_000))
    token = await create_token(role="admin")
    client: Client | None = None
    for path, number in product(MESSAGES, range(VARIANTS)):
        chance = random.Random(f"{SEED} {path.stem} {number}")  # noqa: S311
        message = {"request_id": "fuzz", **json.loads(path.read_text("utf-8"))}
        if "token" in message:
            message["token"] = token
        begins = message["type"] == "authenticate"
        clock.moment_us += 10_000_000
        if client is None:
            client = await connect()
            if not begins:
                await client.authenticate(token, client=player("fuzz"))
        text = json.dumps(hostile(message, chance))
        code = await throw(client, text, f"alive-{number}")
        assert code is None or 4000 <= code < 5000, (code, text)
        if begins or code is not None:
            await client.close()
            client = None
    other = await connect()
    await other.authenticate(token)
    assert (await other.request("ping"))["type"] == "pong"


async def test_mutated_tokens(connect: Connect, token: str, clock: ManualClock) -> None:
    chance = random.Random(f"{SEED} tokens")  # noqa: S311
    for _ in range(60):
        clock.moment_us += 60_000_000
        forged = mutated(token, chance)
        if forged == token:
            continue
        client = await connect()
        await client.send("authenticate", token=forged, client=CONTROLLER)
        code, messages = await client.closed()
        refusal = (code, [message["error_type"] for message in messages])
        # A token that is too long, or no text, is an invalid message.
        assert refusal in ((4501, ["authentication_failed"]), (4513, ["invalid_message"])), forged
    client = await connect()
    await client.authenticate(token)
