"""Tests of radio stations that the hub fetches once for all players of its rooms."""
