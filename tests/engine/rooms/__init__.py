"""Tests of engine/rooms."""
