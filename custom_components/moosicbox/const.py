"""Constants of the integration."""

from typing import Final

DOMAIN: Final = "moosicbox"
NAME: Final = "MoosicBox"
VERSION: Final = "0.1.0"
HUB_ID: Final = "HUB"
"""The hub's identifier in the device registry; ids of players are lower case."""
ALARM_ID: Final = "ALARM:"
"""The prefix of alarms' identifiers in the device registry."""
FOLLOWER_ID: Final = "FOLLOWER:"
"""The prefix of the unique ids of followers' switches."""
ROOM_ID: Final = "ROOM:"
"""The prefix of rooms' identifiers in the device registry."""
QUEUE_PLACES: Final = ("next", "end", "replace")
"""Where items are added to a queue."""
