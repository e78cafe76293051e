"""A node of a cluster that runs without Home Assistant."""
