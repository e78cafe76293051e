"""Radio stations that the hub fetches once and passes on to all players of its rooms."""
