"""The MoosicBox hub: a real-time music hub that doesn't depend on Home Assistant.

Code outside of this package imports it by `api`. A module imports only from its own layer and from those after it,
which `tests/test_imports.py` enforces: client; api; speakers; node; cluster; transport; assembly; handlers; hub;
household; rooms, library and radio; sessions; playback; delivery; access; sync; protocol.
"""
