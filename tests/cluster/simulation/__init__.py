"""A cluster in virtual time: Redis, networks, processes and clients, all of which can fail."""
