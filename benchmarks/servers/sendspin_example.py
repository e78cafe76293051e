"""A peer: the server that comes with Sendspin's reference player, which plays when it is told to.

Arguments: a file, and the addresses of players. It writes a line when all players are connected. Each line that it reads
lets it play from the file's beginning, or be silent. For both, it writes the time at which the beginning is due, in
microseconds of the machine's monotonic clock; it has moved if the audio came too late.
"""

import asyncio
import sys

from aiosendspin.noise.keys import Identity
from aiosendspin.server import SendspinServer
from aiosendspin.server.push_stream import PushStream
from aiosendspin.server.roles import PlayerV1Role
from aiosendspin.server.server import ClientConnectedEvent, SendspinEvent
from sendspin.serve.server import PartyPairingStore
from sendspin.serve.source import decode_audio

BUFFER_US = 5_000_000


async def push(stream: PushStream, file: str) -> None:
    """Play, as `sendspin serve` does."""
    pushed = due_us = 0
    try:
        source = await decode_audio(file)
        sample_bytes = source.format.channels * source.format.bit_depth // 8
        async for chunk in source.generator:
            stream.prepare_audio(chunk, source.format)
            due_us = await stream.commit_audio() - pushed * 1_000_000 // source.format.sample_rate
            if not pushed:
                print(due_us, flush=True)
            pushed += len(chunk) // sample_bytes
            await stream.sleep_to_limit_buffer(max_buffer_us=BUFFER_US)
        await asyncio.Event().wait()
    finally:
        stream.stop()
        print(due_us, flush=True)


async def main(file: str, *urls: str) -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    server = SendspinServer(loop, Identity.generate(), "Peer", pairing_store=PartyPairingStore())
    connected: set[str] = set()
    complete = asyncio.Event()

    def handle(_server: SendspinServer, event: SendspinEvent) -> None:
        if isinstance(event, ClientConnectedEvent):
            connected.add(event.client_id)
            if len(connected) == len(urls):
                complete.set()

    server.add_event_listener(handle)
    for url in urls:
        server.connect_to_client(url)
    await complete.wait()
    first, *others = (client for client_id in connected if (client := server.get_client(client_id)) is not None)
    for other in others:
        await first.group.add_client(other)
    roles = [role for client in (first, *others) for role in client.roles_by_family("player")]
    players = [role for role in roles if isinstance(role, PlayerV1Role)]
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("connected", flush=True)
    pushing: asyncio.Task[None] | None = None
    while await commands.readline():
        if pushing is None:
            for player in players:
                player.set_volume(100)  # The recording is read by its samples. Before, none says that it has a volume.
            pushing = asyncio.create_task(push(first.group.start_stream(), file))
        else:
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)
            pushing = None
            await first.group.stop()
    await server.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
