"""Checks of the protocol against any hub, and a hub to check clients against. Neither uses this project's own client or hub."""
