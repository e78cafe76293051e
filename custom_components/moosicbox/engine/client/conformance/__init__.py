"""Checks any hub against the protocol, and any client against a scripted hub. They share only the address with this project's own client."""
