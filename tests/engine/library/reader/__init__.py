"""Tests of the reader process and of what it reads."""
