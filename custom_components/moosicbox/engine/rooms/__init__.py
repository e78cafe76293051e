"""Rooms: people and players that listen together, their rights, invites, groups of players and announcements.

`room` is the domain object, `rooms` the commands; `targets` decides what a command addresses. May import `playback`,
`sessions`, `delivery`, `access`, `protocol` and the engine's basics.
"""
