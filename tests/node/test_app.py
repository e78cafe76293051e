"""The routes of a node, without a network."""

from types import SimpleNamespace
from typing import Any, cast

from aiohttp.test_utils import make_mocked_request

from custom_components.moosicbox.engine.library.seal import Seal
from custom_components.moosicbox.engine.node.app import NodeApp
from custom_components.moosicbox.engine.protocol.errors import Unavailable


async def test_artwork_that_is_unavailable_now() -> None:
    class Artwork:
        async def respond(self, *_arguments: object) -> None:
            raise Unavailable("Too many files wait to be read")

    app = NodeApp.__new__(NodeApp)
    seal = Seal(b"key")
    app._seal, app._music = seal, cast(Any, SimpleNamespace(artwork=Artwork()))
    id_ = seal.sign_artwork("al-1").rpartition("/")[2]
    response = await app._artwork(make_mocked_request("GET", "/", match_info={"artwork_id": id_}))
    assert response.status == 503
