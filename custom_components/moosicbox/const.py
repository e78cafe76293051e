"""Names that several modules share."""

from typing import Final

DOMAIN: Final = "moosicbox"
NAME: Final = "MoosicBox"
VERSION: Final = "0.1.0"
HUB_ID: Final = "HUB"
"""The hub in the device registry, beside the ids of players."""
ROOM_ID: Final = "ROOM:"
"""What a room's id begins with there: no player's does, they are lower case."""
