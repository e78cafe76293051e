"""Runs the demo: Home Assistant, the integration, three songs and a silent speaker."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
import signal
import sys
import tempfile
from typing import Any

from .demo_headless import Headless
from .demo_nodes import MAX_NODES, Cluster, Party
from .demo_speaker import DemoSpeaker, Message, Refused
from .demo_speakers import VARIABLES, SpeakerScene, check, running
from .lib.client import PASSWORD, USERNAME, ApiError, HomeAssistantClient
from .lib.config_folder import REPOSITORY, ConfigFolder
from .lib.music import SONGS, write_songs
from .lib.process import HomeAssistantProcess, StartError, free_port, is_free

DEFAULT_PORT = 8123
FOLDER = REPOSITORY / ".demo"
SPEAKER = "media_player.demo_speaker"
SPEAKER_AREA = "kitchen"
SENTENCE = "pause the music in the kitchen"
TOKEN_LIFETIME = timedelta(days=30)
ONCE_TIMEOUT = 270.0

type Tell = Callable[[str, Message], None]
type Scene = Callable[[HomeAssistantClient], Awaitable[None]]
type RoomScene = Callable[[HomeAssistantClient, str], Awaitable[None]]


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


async def run(folder: Path, port: int, tell: Tell, scene: Scene, variables: Mapping[str, str] | None = None) -> None:
    """Start Home Assistant and the speaker, run the scene, and stop both."""
    if not is_free(port):
        raise StartError(f"port {port} is in use: stop what listens there, or choose another one with --port")
    config = ConfigFolder(folder / "config")
    config.write(port=port, loopback_login=True)
    log = folder / "home-assistant.log"
    log.unlink(missing_ok=True)
    process = HomeAssistantProcess(config, port, log, variables)
    say(f"Starting Home Assistant (its log: {log})")
    try:
        await asyncio.gather(process.start(), write_songs(config.media))
        async with HomeAssistantClient(process.url) as client, asyncio.TaskGroup() as tasks:
            await client.log_in()
            await client.wait_until_running()
            await client.set_up_integration()
            speaker = tasks.create_task(DemoSpeaker(process.url, await speaker_token(client), tell).run())
            watch = tasks.create_task(fail_when_ended(process))
            await client.wait_for_state(SPEAKER, lambda state: state["state"] != "unavailable")
            await put_into_kitchen(client)
            keeping = tasks.create_task(keep_players_in_kitchen(client))
            await scene(client)
            keeping.cancel()
            speaker.cancel()
            watch.cancel()
    finally:
        say("Stopping Home Assistant")
        await process.stop()


async def speaker_token(client: HomeAssistantClient) -> str:
    """Return a new token for a player, with the permissions of a user."""
    answer = await client.ask(
        "moosicbox.create_token",
        sub="demo-speaker",
        name="Demo speaker",
        role="user",
        expires_in=int(TOKEN_LIFETIME.total_seconds()),
    )
    token: str = answer["token"]
    return token


async def put_into_kitchen(client: HomeAssistantClient) -> None:
    """Move each player without an area to the kitchen, so that voice commands can name its area."""
    async with client.websocket() as websocket:
        for device in await websocket.command("config/device_registry/list"):
            player = device["model"] == "Player" and any(domain == "moosicbox" for domain, _ in device["identifiers"])
            if player and device["area_id"] is None:
                await websocket.command("config/device_registry/update", device_id=device["id"], area_id=SPEAKER_AREA)


async def keep_players_in_kitchen(client: HomeAssistantClient) -> None:
    """Move players to the kitchen as they are added, such as browsers."""
    async with client.websocket() as websocket:
        await websocket.command("subscribe_events", event_type="device_registry_updated")
        while True:
            if (await websocket.event())["data"]["action"] == "create":
                await put_into_kitchen(client)


async def fail_when_ended(process: HomeAssistantProcess) -> None:
    """Raise StartError when Home Assistant ends by itself."""
    raise StartError(f"Home Assistant ended by itself with {await process.ended()}")


async def stay(client: HomeAssistantClient) -> None:
    """Print the next steps, and wait for Ctrl-C."""
    address = client.url.replace("127.0.0.1", "localhost")
    say(f"\n1. Open {address} (it logs you in; otherwise: user {USERNAME}, password {PASSWORD}) and choose MoosicBox.")
    say("2. Press “Play on this device”, then choose the new player under Media and play a song of “My media”.")
    say(f"3. Pause it in Home Assistant, or tell Assist: “{SENTENCE}” (the demo's players stand there).\n")
    await asyncio.Event().wait()


class OnceThrough:
    """Plays a song on the speaker by Home Assistant's API, and prints the messages of each side."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Message] = asyncio.Queue()

    def tell(self, direction: str, message: Message) -> None:
        """Print a message without its secrets."""
        arrow = "→" if direction == "sent" else "←"
        told = ("command", "state", "position_seconds", "start_position", "round_trip_us", "error_type", "message")
        details = "".join(f" {key}={message[key]}" for key in told if key in message)
        title = (message.get("track") or {}).get("title")
        say(f"  speaker {arrow} {message['type']}{details}{f' “{title}”' if title else ''}")
        if direction == "received":
            self._heard.put_nowait(message)

    async def play(self, client: HomeAssistantClient) -> None:
        """Run the scene."""
        song = SONGS[0]
        media = f"media-source://media_source/local/{song.file_name}"
        # On a slow machine, the song would end before it is paused.
        await client.call("media_player.repeat_set", entity_id=SPEAKER, repeat="all")
        say(f"Home Assistant: media_player.play_media {media}")
        await client.call(
            "media_player.play_media", entity_id=SPEAKER, media_content_id=media, media_content_type="music"
        )
        await self._speaker_hears("play")
        state = await client.wait_for_state(
            SPEAKER,
            lambda state: state["state"] == "playing" and state["attributes"].get("media_title") == song.title,
        )
        say(f"Home Assistant: {SPEAKER} is {described(state)}")

        say("Home Assistant: media_player.media_pause")
        await client.call("media_player.media_pause", entity_id=SPEAKER)
        await self._speaker_hears("pause")
        state = await client.wait_for_state(SPEAKER, lambda state: state["state"] == "paused")
        say(f"Home Assistant: {SPEAKER} is {described(state)}")

        await client.call("media_player.media_play", entity_id=SPEAKER)
        await self._speaker_hears("play")
        await client.wait_for_state(SPEAKER, lambda state: state["state"] == "playing")
        say(f"Assist: “{SENTENCE}”")
        answer = await client.post("/api/conversation/process", {"text": SENTENCE, "language": "en"})
        say(f"Assist: “{answer['response']['speech']['plain']['speech']}”")
        await self._speaker_hears("pause")
        state = await client.wait_for_state(SPEAKER, lambda state: state["state"] == "paused")
        say(f"Home Assistant: {SPEAKER} is {described(state)}")
        say("Done: the song played, and paused by an action and by Assist.")

    async def _speaker_hears(self, command: str) -> None:
        while (message := await self._heard.get())["type"] != "synchronized_playback" or message["command"] != command:
            pass


def described(state: dict[str, Any]) -> str:
    """Return an entity's state in a few words."""
    attributes = state["attributes"]
    return f"{state['state']}: {attributes.get('media_title')} by {attributes.get('media_artist')}"


async def once() -> None:
    """Play one song, in a temporary folder and a limited time."""
    performance = OnceThrough()
    with tempfile.TemporaryDirectory(prefix="moosicbox-demo-") as folder:
        async with asyncio.timeout(ONCE_TIMEOUT):
            await run(Path(folder), free_port(), performance.tell, performance.play)


async def headless(output: str) -> None:
    """Pair this machine by the command line and let it play, in a temporary folder and a limited time."""
    with tempfile.TemporaryDirectory(prefix="moosicbox-demo-") as folder:
        async with asyncio.timeout(ONCE_TIMEOUT):
            await run(Path(folder), free_port(), lambda *_: None, Headless(Path(folder), output, say).play)


async def for_people(port: int) -> None:
    """Run until Ctrl-C or a request to terminate."""
    FOLDER.mkdir(exist_ok=True)
    await run(FOLDER, port, lambda *_: None, stay)


async def fed_speakers_once() -> None:
    """Play a song on one speaker of each kind, in a temporary folder and a limited time."""
    with tempfile.TemporaryDirectory(prefix="moosicbox-demo-") as folder:
        async with asyncio.timeout(ONCE_TIMEOUT):
            await fed_speakers(Path(folder), free_port(), play_in_room)


async def fed_speakers(folder: Path, port: int, scene: RoomScene) -> None:
    """Run Home Assistant and one speaker of each kind until the scene ends."""
    check()
    async with running(folder / "speakers") as url:

        async def with_speakers(client: HomeAssistantClient) -> None:
            await scene(client, await SpeakerScene(url, say).prepare(client, SPEAKER))

        await run(folder, port, lambda *_: None, with_speakers, VARIABLES)


async def play_in_room(client: HomeAssistantClient, room: str) -> None:
    """Play a song in a room, and pause it."""
    await client.call("media_player.repeat_set", entity_id=room, repeat="all")
    media = f"media-source://media_source/local/{SONGS[0].file_name}"
    await client.call("media_player.play_media", entity_id=room, media_content_id=media, media_content_type="music")
    for command, state in (("media_play", "playing"), ("media_pause", "paused")):
        await client.call(f"media_player.{command}", entity_id=room)
        for entity_id in (room, *await members(client, room)):
            say(f"Home Assistant: {entity_id} is {described(await client.wait_for_state(entity_id, is_in(state)))}")
    say("Done: one speaker of each kind played in a room.")


async def stay_in_room(client: HomeAssistantClient, room: str) -> None:
    """Print the next steps, and wait for Ctrl-C."""
    say(f"The room is {room}. Open it in MoosicBox and choose “Join” to have the browser play along.")
    await stay(client)


async def members(client: HomeAssistantClient, room: str) -> list[str]:
    """Return the players of a room."""
    state = await client.wait_for_state(room, lambda state: bool(state["attributes"].get("group_members")))
    found: list[str] = state["attributes"]["group_members"]
    return [entity_id for entity_id in found if entity_id != room]


def is_in(state: str) -> Callable[[dict[str, Any]], bool]:
    """Return a predicate for entities in this state."""
    return lambda entity: entity["state"] == state


async def several_once(nodes: int) -> None:
    """Run a party on several hubs and kill the leader, in a temporary folder and a limited time."""
    with tempfile.TemporaryDirectory(prefix="moosicbox-demo-") as folder:
        async with asyncio.timeout(ONCE_TIMEOUT):
            cluster = Cluster(Path(folder), free_port(), nodes, say)
            async with cluster.running() as client:
                await Party(cluster, say).once(client)


async def fed_speakers_for_people(port: int) -> None:
    """Run one speaker of each kind until Ctrl-C, in a new folder each time, since speakers have new identities."""
    with tempfile.TemporaryDirectory(prefix="moosicbox-demo-") as folder:
        await fed_speakers(Path(folder), port, stay_in_room)


async def several_for_people(port: int, nodes: int) -> None:
    """Run several hubs until Ctrl-C or a request to terminate."""
    if not is_free(port):
        raise StartError(f"port {port} is in use: stop what listens there, or choose another one with --port")
    folder = FOLDER / "nodes"
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, port, nodes, say)
    async with cluster.running() as client:
        await Party(cluster, say).stay(client)


async def until_terminated(program: Awaitable[None]) -> None:
    """Handle SIGTERM like Ctrl-C: end the program in order."""
    task = asyncio.ensure_future(program)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def main() -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of Home Assistant (default: %(default)s)")
    parser.add_argument("--once", action="store_true", help="play one song on the speaker, tell what happens, end")
    parser.add_argument("--speakers", action="store_true", help="add a Sendspin and a Snapcast speaker, silently")
    parser.add_argument("--headless", action="store_true", help="pair this machine by the command line, play, end")
    parser.add_argument(
        "--nodes", type=int, default=1, help=f"hubs around a Redis, Home Assistant one of them (up to {MAX_NODES})"
    )
    parser.add_argument("--output", default="null", help="where --headless plays; `auto` is heard (default: silent)")
    options = parser.parse_args()
    if not 1 <= options.nodes <= MAX_NODES:
        parser.error(f"--nodes is 1 to {MAX_NODES}")
    failed = False
    if options.headless:
        program = headless(options.output)
    elif options.speakers:
        program = fed_speakers_once() if options.once else fed_speakers_for_people(options.port)
    elif options.nodes > 1:
        program = several_once(options.nodes) if options.once else several_for_people(options.port, options.nodes)
    else:
        program = once() if options.once else for_people(options.port)
    try:
        asyncio.run(until_terminated(program))
    except* KeyboardInterrupt:
        pass
    except* (ApiError, Refused, StartError, TimeoutError) as problems:
        for problem in problems.exceptions:
            say(f"The demo failed: {str(problem) or f'it took longer than {ONCE_TIMEOUT} s'}")
        failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
