"""Unusual music files as users have them, each with its trick and the records that the library has to have."""
