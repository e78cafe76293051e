"""Podcasts: reading their feeds when they are due, and the positions at which users stopped listening."""
