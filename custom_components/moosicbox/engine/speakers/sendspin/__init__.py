"""Serves Sendspin speakers with `aiosendspin`, which is loaded with this package and only then.

The library speaks the protocol: encryption, pairing, clocks, roles. Audio comes from the renderer, encoded once for all
speakers that need the same, and its times are hub times.
"""
