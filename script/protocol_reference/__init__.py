"""Makes the protocol's reference: what is said comes from `texts` and `templates`, what is true from the models."""
