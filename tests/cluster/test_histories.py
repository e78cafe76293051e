"""Random histories in virtual time, checked by a shadow model of what clients were promised.

MOOSICBOX_HISTORIES=1000 tries that many; a failing one is tried alone by `-k "[<seed>]"`, with more than that many.
"""

import os

import pytest

from .simulation.misfortunes import live_through
from .simulation.promises import check
from .simulation.world import World

HISTORIES = int(os.environ.get("MOOSICBOX_HISTORIES", "60"))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_history(seed: int) -> None:
    """Whatever happens to nodes, networks and Redis, no promise is broken."""

    async def story(world: World) -> None:
        await world.begin()
        await live_through(world)
        await check(world)

    World(seed, priorities=(10, 0, 0) if seed % 2 else (0, 0, 0)).run(story)
