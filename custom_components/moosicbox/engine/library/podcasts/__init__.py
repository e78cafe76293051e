"""Podcasts: reading their feeds when they are due, and where users stopped listening."""
