"""A Home Assistant whose tracks are rulers (see `ruler.py`)."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from benchmarks.home import RunningHome, running_home

from .ruler import write_rulers

TRACKS: Final = 4


@asynccontextmanager
async def measured_home(variables: Mapping[str, str] | None = None) -> AsyncGenerator[RunningHome]:
    """Start a Home Assistant with these environment variables, and stop it afterwards."""
    async with running_home(partial(write_rulers, count=TRACKS), variables=variables) as home:
        yield home
