"""The demo of several hubs: Redis, Home Assistant and nodes, and a party whose members are connected to different hubs."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
import time

from custom_components.moosicbox.engine.client import ClientInfo, HubError, MoosicBoxClient
from custom_components.moosicbox.engine.client.room_controls import RoomControls

from .demo_speaker import DemoSpeaker, Message
from .lib.balancer import Balancer
from .lib.client import HomeAssistantClient
from .lib.config_folder import ConfigFolder
from .lib.music import SONGS, write_songs
from .lib.node_process import NodeProcess
from .lib.process import HomeAssistantProcess, StartError
from .lib.redis_server import RedisServer

NAMES = ("cellar", "attic", "barn", "shed", "tower")
MAX_NODES = len(NAMES) + 1
PARTY = "media_player.party"
TOKEN_LIFETIME = timedelta(days=30)

type Say = Callable[[str], None]


class Member:
    """A silent speaker that connects through the balancer, and the messages that it receives."""

    def __init__(self, name: str, url: str, token: str, say: Say) -> None:
        self.player_id = name
        self.node: str | None = None
        self._say = say
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        self._speaker = DemoSpeaker(url, token, self._tell, player_id=name, name=name.capitalize())

    async def run(self) -> None:
        """Stay connected until cancelled."""
        await self._speaker.run()

    def _tell(self, direction: str, message: Message) -> None:
        if direction == "received":
            if message["type"] == "hello":
                self.node = message["node_id"]
                self._say(f"  {self.player_id} is at {self.node}")
            self._heard.put_nowait(message)

    async def hears(self, type_: str, **fields: object) -> Message:
        """Wait for the next message of this type with these fields, and return it."""
        while True:
            message = await self._heard.get()
            if message["type"] == type_ and message.items() >= fields.items():
                return message


class Cluster:
    """Redis, Home Assistant and nodes, all on the loopback interface."""

    def __init__(self, folder: Path, port: int, nodes: int, say: Say) -> None:
        self._folder = folder
        self._say = say
        redis = folder / "redis"
        redis.mkdir(exist_ok=True)
        self.redis = RedisServer(redis)
        self.config = ConfigFolder(folder / "config")
        self.config.write(port=port, loopback_login=True)
        variables = {"WS_CLUSTER_MODE": "true", "WS_REDIS_URL": self.redis.url}
        self.home = HomeAssistantProcess(self.config, port, folder / "home-assistant.log", variables)
        self.nodes = [self._node(name) for name in NAMES[: nodes - 1]]
        self.balancer = Balancer([self.home.url, *(node.url for node in self.nodes)])

    def _node(self, name: str) -> NodeProcess:
        data = self._folder / name
        data.mkdir(exist_ok=True)
        return NodeProcess(
            self._folder,
            *("--redis", self.redis.url, "--node-id", name, "--music", self.config.media, "--data", data),
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[HomeAssistantClient]:
        """Start all processes, and stop them at the end."""
        self._say("Starting Redis, Home Assistant and the nodes")
        try:
            await asyncio.gather(self.redis.start(), write_songs(self.config.media))
            await self.home.start()
            async with HomeAssistantClient(self.home.url) as client:
                await client.log_in()
                await client.wait_until_running()
                await client.set_up_integration()
                for node in self.nodes:
                    await node.start()
                await asyncio.gather(*(node.ready() for node in self.nodes))
                async with self.balancer:
                    yield client
        finally:
            self._say("Stopping all of it")
            for node in self.nodes:
                await node.stop()
            await self.home.stop()
            await self.redis.stop()


class Party:
    """A room whose members are connected to different hubs."""

    def __init__(self, cluster: Cluster, say: Say) -> None:
        self._cluster = cluster
        self._say = say

    async def begin(self, client: HomeAssistantClient, stack: AsyncExitStack) -> tuple[RoomControls, list[Member]]:
        """Connect the members, and play music in the room."""
        answer = await client.ask(
            "moosicbox.create_token",
            sub="party",
            name="Party",
            role="user",
            expires_in=int(TOKEN_LIFETIME.total_seconds()),
        )
        url, token = self._cluster.balancer.url, answer["token"]
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        members = []
        for number in range(len(self._cluster.nodes) + 1):
            member = Member(f"speaker-{number + 1}", url, token, self._say)
            running = tasks.create_task(member.run())
            stack.callback(running.cancel)
            await member.hears("welcome")
            members.append(member)
        hub = await stack.enter_async_context(
            MoosicBoxClient(url, token=token, client=ClientInfo(name="Demo", kind="controller"), subscribe=())
        )
        room = await hub.create_room("Party", wait="none")
        for member in members:
            await room.join(player_id=member.player_id)
        await room.queue.add(*await self._songs(hub))
        await room.play()
        await heard_by_all(members, "synchronized_playback", command="play")
        self._say(
            f"The party plays on {len(members)} speakers, at {', '.join(sorted({m.node or '?' for m in members}))}"
        )
        return room, members

    async def _songs(self, hub: MoosicBoxClient) -> list[str]:
        # The library has only just begun to scan its folder.
        found: list[str] = []
        while len(found) < len(SONGS):
            await asyncio.sleep(0.5)
            found = [track["track_id"] for track in (await hub.library("get_tracks"))["items"]]
        return found

    async def once(self, client: HomeAssistantClient) -> None:
        """Kill the leader, and check that music and commands continue and that Home Assistant takes over their state."""
        async with AsyncExitStack() as stack:
            room, members = await self.begin(client, stack)
            if len({member.node for member in members}) != len(members):
                raise StartError("The members sit on the same hubs")
            await client.wait_for_state(PARTY, lambda state: state["state"] == "playing")
            self._say(f"Home Assistant: {PARTY} is playing. Killing Home Assistant, which leads")
            await self._cluster.home.crash()
            killed = time.monotonic()
            await self._patiently(room.pause)
            await heard_by_all(members, "synchronized_playback", command="pause")
            self._say(f"Paused for all {time.monotonic() - killed:.1f} s after the kill: another hub leads on")
            await self._patiently(room.play)
            for order in await heard_by_all(members, "synchronized_playback", command="play"):
                self._say(f"  goes on at {order['start_position']:.1f} s of “{order['track']['title']}”")
            self._say("Starting Home Assistant again")
            await self._cluster.home.start()
            state = await client.wait_for_state(PARTY, lambda state: state["state"] == "playing", timeout=60)
            self._say(f"Home Assistant: {PARTY} is playing {state['attributes']['media_title']}; it leads again")
            await client.call("media_player.media_pause", entity_id=PARTY)
            await heard_by_all(members, "synchronized_playback", command="pause")
            self._say("Done: a party on several hubs outlived the one that led.")

    async def stay(self, client: HomeAssistantClient) -> None:
        """Print the next steps, and wait for Ctrl-C."""
        cluster = self._cluster
        async with AsyncExitStack() as stack:
            await self.begin(client, stack)
            self._say(
                f"\n1. Open {cluster.home.url.replace('127.0.0.1', 'localhost')}, choose MoosicBox, and join the room “Party”."
            )
            self._say(f"2. All hubs answer at {cluster.balancer.url}; each by itself at:")
            for name, url, pid in [("home-assistant", cluster.home.url, cluster.home.pid)] + [
                (name, node.url, node.pid) for name, node in zip(NAMES, cluster.nodes, strict=False)
            ]:
                self._say(f"   {name:15} {url}  (kill -9 {pid})")
            self._say("3. Kill one of them: its members come back to another, and the music goes on.\n")
            await asyncio.Event().wait()

    async def _patiently(self, command: Callable[[], object]) -> None:
        while True:
            try:
                await command()  # type: ignore[misc]
            except HubError as error:
                if not error.retryable:
                    raise
                await asyncio.sleep(0.2)
            else:
                return


async def heard_by_all(members: Sequence[Member], type_: str, **fields: object) -> list[Message]:
    """Wait until each member has received a message of this type with these fields."""
    return await asyncio.gather(*(member.hears(type_, **fields) for member in members))
