"""Serves Snapcast clients, in Snapcast's binary protocol, version 2 (TCP, port 1704)."""
