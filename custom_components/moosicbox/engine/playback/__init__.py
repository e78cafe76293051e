"""Queues, timelines and players: what plays, where and when."""
