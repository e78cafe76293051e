"""Turns items of a queue into encoded audio, once for all speakers that need the same."""
