"""The public API for speakers to which the hub streams audio: import it only where they are used."""

from .speakers.renderer.renderer import Renderer
from .speakers.snapcast.server import PORT as SNAPCAST_PORT, SnapcastServer
from .speakers.speakers import SpeakerInfo, Speakers, SpeakerState, sendspin_player_id

__all__ = [
    "SNAPCAST_PORT",
    "Renderer",
    "SnapcastServer",
    "SpeakerInfo",
    "SpeakerState",
    "Speakers",
    "sendspin_player_id",
]
