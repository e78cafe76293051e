"""Simulated clocks, networks and players in virtual time."""
