"""The states of a track in the index."""

from typing import Final

PRESENT: Final = 0
OFFLINE: Final = 1
"""Its disk isn't there: the track is still listed, as not available."""
DELETED: Final = 2
"""Its file is gone: the track isn't listed, but is recognised if it comes back."""
