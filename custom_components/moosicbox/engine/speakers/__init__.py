"""Fed speakers, which don't fetch media: their players are clients inside this process that send them the audio.

`renderer/` turns items of a queue into audio, `player.py` obeys the hub and feeds a speaker in time, `client.py` connects
such a player to the hub as any client would. `snapcast/` and `sendspin/` speak to speakers. Nothing else in the engine
imports this package.
"""
