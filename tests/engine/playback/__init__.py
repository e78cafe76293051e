"""Tests of engine/playback."""
