"""Playback: queues, timelines, the players that render them, and the media that they play.

The domain objects (`queue`, `playback`, `player`) have no I/O and get the time as an argument; `publisher` and
`players` connect them to topics and timers. May import `access`, `delivery`, `protocol` and the engine's basics, not
`sessions`, `rooms` or `library`.
"""
