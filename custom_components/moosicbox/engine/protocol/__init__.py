"""The protocol: models of all messages, errors, close codes, JSON encoding and decoding.

The lowest layer; it imports nothing of the integration. The reference in `docs/protocol` is generated from it.
"""
