"""The way out: topics with history, and the frames on their way to each session."""
