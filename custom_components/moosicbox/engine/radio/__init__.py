"""Music at http(s) addresses: what can be played there, and the streams that playlists name."""
