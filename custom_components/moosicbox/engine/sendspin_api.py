"""The public API for Sendspin speakers. It loads `aiosendspin`: import it only where such a speaker is used."""

from .speakers.sendspin.artwork import EDGE, FindPicture
from .speakers.sendspin.pairing import PairingFailed, PairingMethod, SendspinPairing
from .speakers.sendspin.service import PATH, PORT, Candidate, NotReachable, SendspinService
from .speakers.sendspin.store import PairingStore

__all__ = [
    "EDGE",
    "PATH",
    "PORT",
    "Candidate",
    "FindPicture",
    "NotReachable",
    "PairingFailed",
    "PairingMethod",
    "PairingStore",
    "SendspinPairing",
    "SendspinService",
]
