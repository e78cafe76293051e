"""The MoosicBox hub: a real-time music hub that knows nothing of Home Assistant.

`api` is what others use. Imports run downhill, in the order that `tests/test_imports.py` enforces: api, node, cluster,
transport, assembly, handlers, hub, domain (rooms, sessions, playback, delivery, access), protocol.
"""
