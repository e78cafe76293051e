"""Messages of the protocol that this hub can't do yet: it knows them, so the answer is `not_supported`."""

from typing import TYPE_CHECKING

from ..protocol.library import LibraryRequest

if TYPE_CHECKING:
    from ..hub import Hub


def register_unhandled(hub: Hub) -> None:
    """Put them into the hub's table with the permission that they will need."""
    hub.register(LibraryRequest, None, "library", "library")
