"""A hub without Home Assistant: one more node of a cluster."""
