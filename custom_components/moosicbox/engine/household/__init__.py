"""The household's tasks, which the hub does later without a client, such as sleep timers and alarms.

May import `playback`, `rooms` and below. Times that survive a restart are Unix seconds; timers run by hub time.
"""
