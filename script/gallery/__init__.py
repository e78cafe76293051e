"""Pictures of every page, in every state, size and theme."""
