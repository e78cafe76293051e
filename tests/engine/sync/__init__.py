"""Clocks, networks and players that exist in virtual time only."""
