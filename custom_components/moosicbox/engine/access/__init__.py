"""Who may come in, who may do how much of what."""
