"""Generates the protocol's reference: prose from `texts` and `templates`, tables and examples from the message models."""
