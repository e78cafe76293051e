"""The size of a run."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from .load import Load
from .targets import Target


@dataclass(frozen=True, kw_only=True)
class Options:
    """A full run; `--quick` makes it smaller."""

    connections: int = 1_000
    many_connections: int = 5_000
    repetitions: int = 7
    rounds: int = 20
    commands: int = 400
    """Commands that each client sends in a repetition."""
    listening_seconds: float = 600
    """Seconds that browsers play together."""

    real_tracks: int = 5_000
    named_tracks: int = 95_000

    @asynccontextmanager
    async def loads(self, servers: Iterable[Target]) -> AsyncGenerator[dict[str, Load]]:
        """Return a load generator for each server."""
        async with AsyncExitStack() as stack:
            yield {server.name: await stack.enter_async_context(server.load()) for server in servers}


QUICK = Options(
    connections=200,
    many_connections=500,
    repetitions=3,
    rounds=40,
    commands=160,
    listening_seconds=60,
    real_tracks=300,
    named_tracks=3_000,
)
