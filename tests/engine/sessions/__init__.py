"""Tests of engine/sessions."""
