"""A cluster in virtual time: a shared place, networks, processes and clients, all of which can fail."""
