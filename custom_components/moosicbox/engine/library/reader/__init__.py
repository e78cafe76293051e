"""Readers for tags, pictures and playlists in files."""
