"""People who listen together: rooms, their rights, who is in them, and players put together."""
