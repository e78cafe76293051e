"""A node as a process."""

import asyncio
from pathlib import Path
import signal

from aiohttp import ClientSession, WSServerHandshakeError
import jwt
import pytest

from custom_components.moosicbox.engine.access.tokens import Tokens
from custom_components.moosicbox.engine.cluster.shared_documents import SharedDocuments
from script.lib.redis_server import RedisServer

from .conftest import KEY, Connect, StartNode, issue


async def test_serves_clients_and_drains_on_sigterm(
    start_node: StartNode,
    redis_server: RedisServer,
    shared: SharedDocuments,
    http: ClientSession,
    connect: Connect,
    home_tokens: Tokens,
) -> None:
    node = await start_node("--redis", redis_server.url, "--node-id", "cellar", WS_MAX_CONNECTIONS="77")
    await node.ready()
    client = await connect(node)
    assert client.hello["node_id"] == "cellar"
    await client.authenticate(issue(home_tokens))
    assert (await client.request("room_command", action="list"))["type"] == "result"
    async with http.get(f"{node.url}/api/moosicbox/health") as response:
        assert await response.json() == {"status": "healthy", "reasons": []}
    node.signal(signal.SIGTERM)
    # Load balancers see the shutdown before clients do.
    async with asyncio.timeout(60):
        while True:
            async with http.get(f"{node.url}/api/moosicbox/ready") as response:
                if response.status == 503:
                    break
    assert (await client.request("ping"))["type"] == "pong"
    node.signal(signal.SIGTERM)
    code, messages = await client.closed()
    assert code == 4000
    (goodbye,) = (message for message in messages if message["type"] == "goodbye")
    assert goodbye["reconnect"]
    assert 0 <= goodbye["reconnect_after"] <= 5
    assert await node.ended() == 0
    assert any("cellar serves http://127.0.0.1" in line for line in node.said), node.said
    assert not any(line.startswith(("ERROR", "Traceback")) for line in node.said), node.said


async def test_metrics_are_for_administrators(
    start_node: StartNode, redis_server: RedisServer, shared: SharedDocuments, http: ClientSession, home_tokens: Tokens
) -> None:
    node = await start_node("--redis", redis_server.url, "--node-id", "cellar")
    await node.ready()
    metrics = f"{node.url}/api/moosicbox/metrics"
    async with http.get(metrics) as response:
        assert response.status == 401
    bearer = {"Authorization": f"Bearer {issue(home_tokens)}"}
    async with http.get(metrics, headers=bearer) as response:
        assert response.status == 403
    bearer = {"Authorization": f"Bearer {issue(home_tokens, role='admin')}"}
    async with http.get(metrics, headers=bearer) as response:
        report = await response.json()
    assert report["leads"] is True
    assert report["nodes"] == ["cellar"]
    assert report["active_connections"] == 0
    async with http.get(metrics, headers={**bearer, "Accept": "text/plain"}) as response:
        text = await response.text()
    assert 'moosicbox_node_leads{node="cellar"} 1.0' in text
    assert "moosicbox_sessions 0.0" in text


async def test_home_assistant_token_is_refused_as_retryable(
    start_node: StartNode, redis_server: RedisServer, shared: SharedDocuments, http: ClientSession, connect: Connect
) -> None:
    node = await start_node("--redis", redis_server.url)
    await node.ready()
    client = await connect(node)
    await client.send(
        "authenticate", token=jwt.encode({"iss": "login"}, KEY, "HS256"), client={"name": "Test", "kind": "controller"}
    )
    refusal = await client.receive()
    assert (refusal["error_type"], refusal["retryable"]) == ("unavailable", True)
    assert (await client.closed())[0] == 4000


async def test_revoked_token_closes_its_connections(
    start_node: StartNode,
    redis_server: RedisServer,
    shared: SharedDocuments,
    http: ClientSession,
    connect: Connect,
    home_tokens: Tokens,
) -> None:
    node = await start_node("--redis", redis_server.url)
    await node.ready()
    client = await connect(node)
    await client.authenticate(issue(home_tokens))
    await shared.put("secrets", {"key": bytes(range(32)).hex(), "revoked_subjects": {"ada": 4e9}})
    assert (await client.closed())[0] == 4503


async def test_starts_without_redis_and_waits_for_it(
    start_node: StartNode, redis_server: RedisServer, shared: SharedDocuments, http: ClientSession
) -> None:
    await redis_server.stop()
    node = await start_node("--redis", redis_server.url)
    await node.says("serves")
    async with http.get(f"{node.url}/api/moosicbox/ready") as response:
        assert response.status == 503
    with pytest.raises(WSServerHandshakeError) as refused:
        await http.ws_connect(f"{node.url}/api/moosicbox/ws")
    assert refused.value.status == 503
    await redis_server.start()
    await node.ready()


async def test_missing_redis_address_exits_with_usage_error(start_node: StartNode) -> None:
    node = await start_node()
    assert await node.ended() == 2
    assert "--redis" in "\n".join(node.said)
    assert "Traceback" not in "\n".join(node.said)


async def test_unusable_data_folder_exits_with_an_error(
    start_node: StartNode, redis_server: RedisServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    node = await start_node("--redis", redis_server.url, "--music", tmp_path, "--data", tmp_path / "file")
    assert await node.ended() == 1
    assert "can't be kept in" in "\n".join(node.said)
    assert "Traceback" not in "\n".join(node.said)


async def test_used_port_exits_with_an_error(start_node: StartNode, redis_server: RedisServer) -> None:
    first = await start_node("--redis", redis_server.url)
    port = first.url.rpartition(":")[2]
    await first.says("serves")
    second = await start_node("--redis", redis_server.url, "--port", port)
    assert await second.ended() == 1
    assert "can't listen on" in "\n".join(second.said)
    assert "Traceback" not in "\n".join(second.said)


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])  # noqa: S104
async def test_plain_http_to_other_machines_is_warned_of(
    start_node: StartNode, redis_server: RedisServer, host: str, warned: bool
) -> None:
    node = await start_node("--redis", redis_server.url, "--host", host)
    await node.ready()
    node.signal(signal.SIGTERM)
    node.signal(signal.SIGTERM)
    assert await node.ended() == 0
    assert any("put a proxy with TLS in front" in line for line in node.said) == warned, node.said


async def test_files_of_a_node_are_private(start_node: StartNode, redis_server: RedisServer, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    data = tmp_path / "state" / "data"
    node = await start_node("--redis", redis_server.url, "--music", tmp_path / "music", "--data", data)
    await node.ready()
    files = [data.parent, *data.parent.rglob("*")]
    assert len(files) > 2
    assert [str(file) for file in files if file.stat().st_mode & 0o077] == []
