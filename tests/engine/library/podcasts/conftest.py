"""A household with a library."""

from collections.abc import AsyncGenerator

import pytest

from custom_components.moosicbox.engine.library.library import Library

from .listening import Listening


@pytest.fixture
async def listening(library: Library) -> AsyncGenerator[Listening]:
    listening = Listening(library)
    yield listening
    await listening.hub.tasks.cancel()
    listening.hub.media_resolver.close()
