"""Checks any hub against the protocol, and any client against a scripted hub. Neither uses this project's own client or hub."""
