"""A server for the scenarios of Sendspin's conformance suite (`Sendspin/conformance`), which compares two summaries.

The suite starts this program, waits for the file `--ready`, and starts a client, which writes its address into the file
`--registry`. Afterwards, this program writes to the file `--summary` what it has sent.
"""

import argparse
import asyncio
from collections.abc import Callable
import hashlib
from pathlib import Path
import sys
import tempfile
from typing import Any, Final

from aiosendspin.models import BinaryMessageType
from aiosendspin.models.core import StreamStartMessage
from aiosendspin.server.client import SendspinClient
from aiosendspin.server.events import GroupEvent
from aiosendspin.server.roles import ArtworkV1Role
from aiosendspin.server.roles.controller.events import ControllerEvent
import av
import numpy as np

from custom_components.moosicbox.engine.playback.player import Player
from custom_components.moosicbox.engine.protocol.client import PlaybackCommand, QueueAdd
from custom_components.moosicbox.engine.protocol.types import Track
from script.lib.conformance_files import register, registered, write
from script.lib.conformance_hub import HOST, SpeakerHub, speaker_hub

IMPLEMENTATION: Final = "moosicbox"
POLL: Final = 0.05
SETTLE: Final = 0.5
"""Seconds for which what was sent last is on its way."""
AUDIO: Final = frozenset({"client-initiated-pcm", "server-initiated-pcm", "server-initiated-flac"})
METADATA: Final = frozenset({"client-initiated-metadata", "server-initiated-metadata"})
CONTROLLER: Final = frozenset({"client-initiated-controller", "server-initiated-controller"})
ARTWORK: Final = frozenset({"client-initiated-artwork", "server-initiated-artwork"})


class Unsupported(Exception):
    """The scenario is about something that the server doesn't do."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments, as the suite gives them to every server."""
    found = argparse.ArgumentParser(description=__doc__)
    for name in ("client-name", "summary", "ready", "registry", "fixture"):
        found.add_argument(f"--{name}", required=True)
    found.add_argument("--scenario-id", default="server-initiated-flac")
    found.add_argument("--initiator-role", choices=("server", "client"), default="server")
    found.add_argument("--preferred-codec", default="flac")
    found.add_argument("--timeout-seconds", type=float, default=30.0)
    found.add_argument("--port", type=int, default=8927)
    found.add_argument("--server-id", default="conformance-server")
    found.add_argument("--server-name", default="MoosicBox")
    found.add_argument("--clip-seconds", type=float, default=5.0)
    for name in ("title", "artist", "album-artist", "album"):
        found.add_argument(f"--metadata-{name}", default=name)
    for name in ("year", "track", "track-duration"):
        found.add_argument(f"--metadata-{name}", type=int, default=1)
    found.add_argument("--controller-command", default="next")
    return found


async def main(arguments: list[str]) -> int:
    """Run a scenario. Return the exit code."""
    # The suite may pass arguments that make no difference to this server.
    options, _ = parser().parse_known_args(arguments)
    try:
        async with asyncio.timeout(options.timeout_seconds):
            summary = await _run(options)
    except (Unsupported, TimeoutError, OSError) as error:
        summary = {"status": "error", "reason": str(error) or type(error).__name__}
    known = {"implementation": IMPLEMENTATION, "role": "server", "scenario_id": options.scenario_id}
    write(options.summary, known | summary)
    print(Path(options.summary).read_text(), end="")
    return 0 if summary["status"] == "ok" else 1


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    scenario = _scenario(options.scenario_id)
    with tempfile.TemporaryDirectory() as folder:
        clip = await _clip(Path(options.fixture), options.clip_seconds, Path(folder))
        async with speaker_hub(options.server_name, _track(options), clip, options.port) as home:
            url = f"ws://{HOST}:{home.service.port}/sendspin"
            if options.initiator_role == "client":
                register(options.registry, options.server_name, url)
            write(options.ready, {"status": "ready", "server_name": options.server_name, "url": url})
            client = await _client(home, options)
            result = await scenario(home, client, options, clip)
            return {
                "status": "ok",
                "server_id": options.server_id,
                "server_name": options.server_name,
                "initiator_role": options.initiator_role,
                "preferred_codec": options.preferred_codec,
                "peer_hello": {"type": "client/hello", "payload": client.info.to_dict()},
                "client": {
                    "client_id": client.client_id,
                    "name": client.name,
                    "supported_roles": list(client.info.supported_roles),
                    "active_roles": [role.role_id for role in client.active_roles],
                },
                **result,
            }


def _scenario(scenario_id: str) -> Callable[[SpeakerHub, SendspinClient, argparse.Namespace, Path], Any]:
    for ids, run in ((AUDIO, _audio), (METADATA, _metadata), (CONTROLLER, _controller), (ARTWORK, _artwork)):
        if scenario_id in ids:
            return run
    raise Unsupported(f"The scenario {scenario_id} isn't supported")


async def _client(home: SpeakerHub, options: argparse.Namespace) -> SendspinClient:
    """Return the client of that name when it plays for the hub without pairing."""
    if options.initiator_role == "server":
        url = await _until(lambda: registered(options.registry, options.client_name))
        player_id = (await home.service.probe(url)).info.player_id
    else:
        player_id = await _until(lambda: _waiting(home, options.client_name))
    await home.service.trust(player_id)
    home.speakers.set_added({player_id: options.client_name})
    await _until(lambda: (player := home.hub.players.find(player_id)) is not None and player.connected)
    client = home.service.client_of(player_id)
    assert client is not None
    return client


def _waiting(home: SpeakerHub, name: str) -> str | None:
    return next((info.player_id for info in home.speakers.waiting if info.name == name), None)


# ---- scenarios


async def _audio(home: SpeakerHub, client: SendspinClient, options: argparse.Namespace, clip: Path) -> dict[str, Any]:
    sent, chunks, stream = hashlib.sha256(), 0, dict[str, Any]()
    send_binary, send_role_message = client.send_binary, client.send_role_message

    def binary(data: bytes, *, message_type: int, **more: Any) -> None:
        nonlocal chunks
        if message_type == BinaryMessageType.AUDIO_CHUNK.value:
            sent.update(data)
            chunks += 1
        send_binary(data, message_type=message_type, **more)

    def role_message(role: str, message: Any) -> None:
        if isinstance(message, StreamStartMessage) and message.payload.player is not None:
            stream.update(message.payload.player.to_dict())
        send_role_message(role, message)

    client.send_binary = binary  # type: ignore[method-assign]
    client.send_role_message = role_message  # type: ignore[method-assign]
    player = await _play(home, 1)
    await _until(lambda: player.active_playback.timeline.state == "idle")
    await asyncio.sleep(SETTLE)
    samples = await _samples(clip)
    return {
        "stream": stream,
        "audio": {
            "fixture": options.fixture,
            "clip_seconds": options.clip_seconds,
            "source_pcm_sha256": hashlib.sha256((samples / 32_768).astype("<f4").tobytes()).hexdigest(),
            "sent_encoded_sha256": sent.hexdigest() if chunks else None,
            "sent_audio_chunk_count": chunks,
            "bit_depth": 16,
            "channels": _channels(clip),
        },
    }


async def _metadata(
    home: SpeakerHub, client: SendspinClient, options: argparse.Namespace, clip: Path
) -> dict[str, Any]:
    player = await _play(home, 1)
    await _until(lambda: player.report is not None and player.report.state == "playing")
    await asyncio.sleep(2 * SETTLE)
    progress = {"track_progress": 0, "track_duration": options.metadata_track_duration, "playback_speed": 1000}
    names = ("title", "artist", "album_artist", "album", "year", "track")
    expected = {name: getattr(options, f"metadata_{name}") for name in names}
    # These belong to the controller's state, or aren't sent.
    return {
        "metadata": {
            "expected": expected | dict.fromkeys(("artwork_url", "repeat", "shuffle")) | {"progress": progress}
        }
    }


async def _controller(
    home: SpeakerHub, client: SendspinClient, options: argparse.Namespace, clip: Path
) -> dict[str, Any]:
    received: list[str] = []

    def handle(_group: object, event: GroupEvent) -> None:
        if isinstance(event, ControllerEvent):
            received.append(type(event).__name__.removeprefix("Controller").removesuffix("Event").lower())

    unsubscribe = client.group.add_event_listener(handle)
    player = await _play(home, 2)
    playback = player.active_playback
    before = playback.queue.current_item_id, playback.timeline.state
    # The command has been obeyed when the hub has gone to another item, or into another state.
    await _until(lambda: received and (playback.queue.current_item_id, playback.timeline.state) != before)
    unsubscribe()
    await asyncio.sleep(SETTLE)
    return {
        "controller": {
            "expected_command": {"command": options.controller_command},
            "received_command": {"command": received[0]},
        }
    }


async def _artwork(home: SpeakerHub, client: SendspinClient, options: argparse.Namespace, clip: Path) -> dict[str, Any]:
    sent: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    (role,) = client.roles_by_family("artwork")
    if not isinstance(role, ArtworkV1Role):
        raise Unsupported("The client's artwork role has an unknown version")
    send_artwork = role.send_artwork

    def send(channel: int, image_data: bytes, timestamp_us: int) -> None:
        if image_data and not sent.done():
            sent.set_result((channel, image_data))
        send_artwork(channel, image_data, timestamp_us)

    role.send_artwork = send  # type: ignore[method-assign]
    await _play(home, 1)
    channel, data = await sent
    await asyncio.sleep(SETTLE)
    digest = hashlib.sha256(data).hexdigest()
    return {"artwork": {"channel": channel, "encoded_sha256": digest, "byte_count": len(data)}}


# ---- helpers


async def _until[T](condition: Callable[[], T | None]) -> T:
    """Return what a condition returns as soon as it holds."""
    while not (found := condition()):  # noqa: ASYNC110 - there is no event for each of them
        await asyncio.sleep(POLL)
    return found


async def _play(home: SpeakerHub, count: int) -> Player:
    (player,) = home.hub.players
    for number in range(count):
        await home.hub.execute(QueueAdd(player_id=player.player_id, media_content_id=f"fixture-{number}"))
    await home.hub.execute(PlaybackCommand(player_id=player.player_id, command="play"))
    return player


def _track(options: argparse.Namespace) -> Track:
    return Track(
        track_id="fixture",
        title=options.metadata_title,
        artist=options.metadata_artist,
        album_artist=options.metadata_album_artist,
        album=options.metadata_album,
        year=options.metadata_year,
        track_number=options.metadata_track,
        duration=options.metadata_track_duration / 1000,
        media_content_id="fixture",
    )


async def _clip(fixture: Path, seconds: float, folder: Path) -> Path:
    """Return the beginning of the fixture as a file of its own."""
    clip = folder / "fixture.flac"
    await _ffmpeg("-i", str(fixture), "-t", str(seconds), "-sample_fmt", "s16", str(clip))
    return clip


def _channels(clip: Path) -> int:
    with av.open(str(clip), "r") as container:
        return container.streams.audio[0].channels


async def _samples(clip: Path) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.frombuffer(await _ffmpeg("-i", str(clip), "-f", "s16le", "pipe:1"), "<i2")


async def _ffmpeg(*arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-nostdin", "-loglevel", "error", *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise OSError("The fixture can't be decoded")
    return output


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
