"""Music at http(s) addresses, and the streams that playlists there name."""
