"""The household's day: tasks that the hub does later without a client, such as sleep timers and alarms.

Imports the playback and the rooms. Times of the day are Unix seconds, which a restart survives; everything that runs
has a timer by hub time.
"""
