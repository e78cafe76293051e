"""Sessions of clients: opening, resuming and ending them, their subscriptions and answers, presence.

May import `playback`, `delivery`, `access` and `protocol`.
"""
