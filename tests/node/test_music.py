"""A node with music folders serves tracks and artwork under the same ids and addresses as every other node."""

from pathlib import Path
import shutil

from aiohttp import ClientSession
import pytest

from custom_components.moosicbox.engine.access.tokens import Tokens
from custom_components.moosicbox.engine.cluster.shared_documents import SharedDocuments
from custom_components.moosicbox.engine.library.seal import Seal, stream_source
from script.lib.redis_server import RedisServer
from tests.fixtures import songs  # noqa: F401
from tests.wire.client import Message, player

from .conftest import KEY, Connect, StartNode, issue


@pytest.fixture
def music(songs: Path, tmp_path: Path) -> Path:  # noqa: F811
    folder = tmp_path / "music"
    shutil.copytree(songs, folder)
    return folder


async def test_node_scans_and_serves_its_music(
    start_node: StartNode,
    redis_server: RedisServer,
    shared: SharedDocuments,
    http: ClientSession,
    connect: Connect,
    home_tokens: Tokens,
    music: Path,
    tmp_path: Path,
) -> None:
    node = await start_node("--redis", redis_server.url, "--music", music, "--data", tmp_path / "data")
    await node.ready()
    kitchen = await connect(node)
    await kitchen.authenticate(issue(home_tokens), client=player("kitchen"), subscribe=["play:kitchen", "library"])
    found: list[Message] = []
    while len(found) < 3:
        answer = await kitchen.request("library_request", request_type="get_tracks")
        found = answer["data"]["items"]
        if len(found) < 3:
            await kitchen.receive()
    brass = next(track for track in found if track["title"] == "Brass Morning")
    answer = await kitchen.request("playback_command", command="play", track_id=brass["track_id"])
    assert answer["type"] == "result", answer
    order = await kitchen.until("synchronized_playback", command="play")
    async with http.get(f"{node.url}{order['track']['stream_url']}") as response:
        assert (response.status, response.content_type) == (200, "audio/flac")
        assert await response.read() == (music / "brass-morning.flac").read_bytes()
    async with http.get(f"{node.url}{brass['artwork_url']}", params={"size": "64"}) as response:
        assert (response.status, response.content_type) == (200, "image/jpeg")
    # An address signed by another node with the same key is accepted, a forged one is refused.
    source = stream_source(brass["track_id"])
    async with http.get(f"{node.url}{Seal(KEY).sign_stream(source, 4_000_000_000)}") as response:
        assert response.status == 200
    async with http.get(f"{node.url}{Seal(b'other').sign_stream(source, 4_000_000_000)}") as response:
        assert response.status == 401
    async with http.get(f"{node.url}{source}") as response:
        assert response.status == 401
