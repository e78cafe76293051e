"""SQLite index of the music library: schema, writing, lists, search."""
