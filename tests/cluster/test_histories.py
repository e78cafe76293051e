"""Random histories in virtual time, after which all guarantees to clients are checked.

MOOSICBOX_HISTORIES=1000 runs that many. To run one alone, add `-k "[<seed>]"`.
"""

import os

import pytest

from .simulation.failures import run_history
from .simulation.guarantees import check
from .simulation.world import World

HISTORIES = int(os.environ.get("MOOSICBOX_HISTORIES", "60"))


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_guarantees_hold_under_failures(seed: int) -> None:
    """The guarantees hold under failures of nodes, networks and Redis."""

    async def story(world: World) -> None:
        await world.begin()
        await run_history(world)
        await check(world)

    World(seed, priorities=(10, 0, 0) if seed % 2 else (0, 0, 0)).run(story)
