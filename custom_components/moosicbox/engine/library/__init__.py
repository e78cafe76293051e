"""The household's own music: files found in folders, indexed in SQLite, and queried by all clients."""
