"""The household's own music: found in folders, kept in an index, asked by everybody."""
