"""Names that several modules share."""

from typing import Final

DOMAIN: Final = "moosicbox"
NAME: Final = "MoosicBox"
VERSION: Final = "0.1.0"
HUB_ID: Final = "HUB"
"""The hub in the device registry, beside the ids of players."""
ROOM_ID: Final = "ROOM:"
"""What a room's id begins with there: no player's does, they are lower case."""

CONF_AVAILABILITY_GRACE: Final = "availability_grace"
CONF_MAX_PLAYERS_PER_USER: Final = "max_players_per_user"
