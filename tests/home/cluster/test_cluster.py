"""Home Assistant in a cluster: it leads, its entities follow all nodes, and nodes take over while it is away."""

import asyncio

from aiohttp import ClientSession
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.moosicbox.adapters import cluster
from custom_components.moosicbox.const import DOMAIN
from custom_components.moosicbox.diagnostics import async_get_config_entry_diagnostics
from custom_components.moosicbox.engine.assembly import build_hub
from custom_components.moosicbox.engine.cluster.clock import ClusterClock
from custom_components.moosicbox.engine.cluster.node import ClusterNode
from custom_components.moosicbox.engine.cluster.redis_bus import RedisBus
from custom_components.moosicbox.engine.hub import Hub
from custom_components.moosicbox.engine.limits import Limits
from custom_components.moosicbox.engine.metrics_report import client_reports, metrics_report
from custom_components.moosicbox.engine.protocol.codes import CloseCode
from custom_components.moosicbox.engine.store import NoStore
from script.lib.redis_server import RedisServer
from tests.cluster.nodes import TokensAreNames
from tests.engine.fakes import FakeMedia
from tests.fixtures import Connect, CreateToken
from tests.home.actions import act, state
from tests.http import HttpClient
from tests.node.conftest import StartNode
from tests.wire.client import CONTROLLER, Client, player, resume_of

from .conftest import Reach

PATIENCE = 40


@pytest.fixture
def node(entry: MockConfigEntry) -> ClusterNode:
    """Home Assistant's node."""
    found: ClusterNode = entry.runtime_data.cluster.node
    return found


async def until(condition: object) -> None:
    """Wait until a condition holds."""
    assert callable(condition)
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - other processes have their own events
            await asyncio.sleep(0.05)


async def test_home_assistant_leads(entry: MockConfigEntry, node: ClusterNode, connect: Connect, token: str) -> None:
    assert entry.state is ConfigEntryState.LOADED
    assert node.status().leads
    client = await connect()
    assert client.hello["node_id"] == "home"
    await client.authenticate(token)
    assert (await client.request("room_command", action="list"))["type"] == "result"


async def test_players_of_another_node_are_entities(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    redis_server: RedisServer,
    start_node: StartNode,
    reach: Reach,
    token: str,
) -> None:
    other = await start_node("--redis", redis_server.url, "--node-id", "cellar")
    await other.ready()
    client = await reach(other)
    assert client.hello["node_id"] == "cellar"
    await client.authenticate(token, client=player("kitchen"))
    await until(lambda: hass.states.get("media_player.kitchen") is not None)
    await until(lambda: state(hass, "sensor.moosicbox_hubs").state == "2")
    hubs = state(hass, "sensor.moosicbox_hubs")
    assert (hubs.attributes["nodes"], hubs.attributes["leader"]) == (["cellar", "home"], "home")
    await act(hass, "volume_set", "media_player.kitchen", volume_level=0.25)
    assert await client.until("volume_update", topic="play:kitchen", volume=0.25)
    (report,) = client_reports(entry.runtime_data.hub)
    assert (report["player_id"], report["address"]) == ("kitchen", "127.0.0.1")
    assert metrics_report(entry.runtime_data.hub)["active_connections"] == 1
    numbers = entry.runtime_data.cluster.prometheus(0)
    assert b'moosicbox_node_nodes{node="home"} 2.0' in numbers
    assert b'moosicbox_connections{kind="player",transport="websocket"} 1.0' in numbers


async def test_a_revocation_applies_on_every_node(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    redis_server: RedisServer,
    start_node: StartNode,
    reach: Reach,
    token: str,
) -> None:
    other = await start_node("--redis", redis_server.url, "--node-id", "cellar")
    await other.ready()
    client = await reach(other)
    await client.authenticate(token)
    await hass.services.async_call(DOMAIN, "revoke_token", {"sub": "tester"}, blocking=True)
    assert (await client.closed())[0] == 4503


async def test_access_that_ends_while_a_node_s_client_waits(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    redis_server: RedisServer,
    start_node: StartNode,
    token: str,
    hass_access_token: str,
) -> None:
    """The leader verifies the principals of all nodes' clients again, including those that it has authenticated."""
    node = await start_node("--redis", redis_server.url, "--node-id", "cellar")
    await node.ready()
    async with ClientSession() as session:

        async def wait_with(bearer: str) -> Client:
            headers = {"Authorization": f"Bearer {bearer}"}
            client = Client(await session.ws_connect(f"{node.url}/api/moosicbox/ws", headers=headers))
            client.hello = await client.receive()
            assert client.hello["authenticated"] is True
            return client

        clients = [await wait_with(token), await wait_with(hass_access_token)]
        await hass.services.async_call(DOMAIN, "revoke_token", {"sub": "tester"}, blocking=True)
        refresh_token = hass.auth.async_validate_access_token(hass_access_token)
        assert refresh_token is not None
        hass.auth.async_remove_refresh_token(refresh_token)
        for client in clients:
            await client.send("authenticate", client=CONTROLLER)
            code, (error,) = await client.closed()
            assert (code, error["error_type"]) == (4501, "authentication_failed")


async def test_nodes_take_over_while_home_assistant_is_away(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    redis_server: RedisServer,
    start_node: StartNode,
    reach: Reach,
    token: str,
    create_token: CreateToken,
) -> None:
    """They know the key and the revocations; Home Assistant receives the changes when it returns."""
    revoked = await create_token("ben")
    await hass.services.async_call(DOMAIN, "revoke_token", {"sub": "ben"}, blocking=True)
    other = await start_node("--redis", redis_server.url, "--node-id", "cellar")
    await other.ready()
    assert await hass.config_entries.async_unload(entry.entry_id)
    client = await reach(other)
    await client.authenticate(token, client=player("kitchen"))
    await client.request("volume_command", player_id="kitchen", volume=0.75)
    stranger = await reach(other)
    await stranger.send("authenticate", token=revoked, client={"name": "Ben", "kind": "controller"})
    assert (await stranger.receive())["error_type"] == "authentication_failed"
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.runtime_data.cluster.node.status().leads
    assert state(hass, "media_player.kitchen").attributes["volume_level"] == 0.75
    assert (await client.request("ping"))["type"] == "pong"


async def test_an_outage_of_redis_is_reported_and_survived(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    node: ClusterNode,
    redis_server: RedisServer,
    connect: Connect,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = await connect()
    await client.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    await redis_server.stop()
    await until(lambda: not node.status().connected)
    refusal = await client.request("room_command", action="create", name="Party")
    assert (refusal["error_type"], refusal["retryable"]) == ("unavailable", True)
    entry.runtime_data.health._check()
    assert entry.runtime_data.health.reasons == ["redis_unreachable"]
    for number in range(cluster.ISSUE_AFTER):
        async_fire_time_changed(hass, dt_util.utcnow() + (number + 2) * cluster.INTERVAL)
        await hass.async_block_till_done(wait_background_tasks=True)
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, cluster.ISSUE) is not None
    await redis_server.start()
    await until(lambda: node.status().leads)
    entry.runtime_data.cluster._check()
    entry.runtime_data.health._check()
    assert issues.async_get_issue(DOMAIN, cluster.ISSUE) is None
    assert entry.runtime_data.health.reasons == []
    assert (await client.request("room_command", action="create", name="Party"))["type"] == "result"


async def test_setup_is_retried_without_redis(
    hass: HomeAssistant, cluster_entry: MockConfigEntry, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "LEADERSHIP_SECONDS", 1)
    await redis_server.stop()
    assert not await hass.config_entries.async_setup(cluster_entry.entry_id)
    assert cluster_entry.state is ConfigEntryState.SETUP_RETRY
    assert cluster_entry.error_reason_translation_key == "redis_missing"


async def test_leaving_and_joining_the_cluster_keeps_the_state(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, token: str
) -> None:
    client = await connect()
    await client.authenticate(token, client=player("kitchen"))
    await hass.async_block_till_done()
    await client.request("volume_command", player_id="kitchen", volume=0.5)
    options = dict(entry.options)
    parting = asyncio.ensure_future(client.closed())
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    assert (await parting)[0] == 4000
    assert entry.state is ConfigEntryState.LOADED
    before = entry.runtime_data.cluster
    assert before is None
    assert entry.runtime_data.hub.players.find("kitchen").volume == 0.5
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.async_block_till_done()
    assert entry.runtime_data.cluster.node.status().leads
    assert entry.runtime_data.hub.players.find("kitchen").volume == 0.5


async def test_the_password_of_redis_is_redacted(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    report = await async_get_config_entry_diagnostics(hass, entry)
    assert report["options"]["redis_url"] == "**REDACTED**"
    assert report["cluster"]["leader"] == "**REDACTED**"


async def test_ready_fails_after_unload(http: HttpClient, hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert (await http.get("/api/moosicbox/ready")).status == 200
    assert (await http.head("/api/moosicbox/ready")).status == 200
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await http.get("/api/moosicbox/ready")).status == 503
    assert (await http.head("/api/moosicbox/ready")).status == 503


async def test_local_clients_without_a_token_may_listen(
    hass: HomeAssistant, cluster_entry: MockConfigEntry, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The option applies to connections through Home Assistant only."""
    hass.config_entries.async_update_entry(cluster_entry, options={**cluster_entry.options, "require_auth": False})
    assert await hass.config_entries.async_setup(cluster_entry.entry_id)
    await hass.async_block_till_done()
    client = await Client.connect(await hass_client_no_auth())
    welcome = await client.authenticate()
    assert welcome["permissions"] == ["listen"]
    await client.close()


async def test_access_tokens_of_home_assistant_are_accepted(
    hass: HomeAssistant, entry: MockConfigEntry, connect: Connect, hass_access_token: str
) -> None:
    """Also those of users who may connect from the local network only."""
    refresh_token = hass.auth.async_validate_access_token(hass_access_token)
    assert refresh_token is not None
    await hass.auth.async_update_user(refresh_token.user, local_only=True)
    client = await connect()
    welcome = await client.authenticate(hass_access_token)
    assert welcome["user"]["id"] == refresh_token.user.id
    hass.auth.async_remove_refresh_token(refresh_token)
    assert (await client.closed())[0] == 4503


async def test_a_session_of_a_home_assistant_user_survives_its_absence(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    redis_server: RedisServer,
    start_node: StartNode,
    reach: Reach,
    connect: Connect,
    hass_access_token: str,
) -> None:
    """No node knows the token, but the session's own secret authenticates a resume on every node."""
    other = await start_node("--redis", redis_server.url, "--node-id", "cellar")
    await other.ready()
    client = await connect()
    await client.authenticate(hass_access_token)
    parting = asyncio.ensure_future(client.closed())
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await parting)[0] == 4000
    again = await reach(other)
    await again.authenticate(hass_access_token, resume=resume_of(client))
    assert again.welcome["resumed"]
    for resume in (None, resume_of(client, secret="guessed")):
        stranger = await reach(other)
        fields = {"resume": resume} if resume else {}
        await stranger.send("authenticate", token=hass_access_token, client=CONTROLLER, **fields)
        refusal = await stranger.receive()
        assert (refusal["error_type"], refusal["retryable"]) == ("unavailable", True)
        assert (await stranger.closed())[0] == 4000
    refresh_token = hass.auth.async_validate_access_token(hass_access_token)
    assert refresh_token is not None
    hass.auth.async_remove_refresh_token(refresh_token)
    parting = asyncio.ensure_future(again.closed())
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (await parting)[0] == 4503


async def test_a_lost_leadership_reloads_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "LEADERSHIP_SECONDS", 2)

    def make_hub(clock: ClusterClock) -> Hub:
        return build_hub(
            version="test",
            media=FakeMedia(),
            authentication=TokensAreNames(),
            store=NoStore(),
            clock=clock,
            node_id="other",
        )

    other = ClusterNode(
        RedisBus(redis_server.url),
        node_id="other",
        version="test",
        limits=Limits(),
        make_hub=make_hub,
        priority=cluster.PRIORITY + 1,
    )
    await other.start()
    try:
        await until(lambda: entry.state is ConfigEntryState.SETUP_RETRY)
        await until(lambda: other.status().leads)
        assert entry.error_reason_translation_key == "lease_missing"
    finally:
        await other.stop(CloseCode.RESTART, "stop")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.cluster.node.status().leads
