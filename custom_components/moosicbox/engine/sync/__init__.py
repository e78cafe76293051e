"""Synchronised playback: an estimate of the hub's clock, and the correction of drift. No I/O; time is an argument."""
