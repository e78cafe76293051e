"""Delivery: topics with their histories, outboxes, compression, and the writer that sends all outgoing data.

May import `access`, `protocol` and the root's basic modules. It knows neither sessions nor transports.
"""
