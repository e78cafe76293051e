"""HTTP responses for tracks and pictures, transcoding and its cache."""
