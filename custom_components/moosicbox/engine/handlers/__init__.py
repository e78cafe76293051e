"""Handlers: what the hub does with each message; one module per concern, one method per message.

They translate a message into calls of the domain and may import the hub and everything below it. The assembly
registers them.
"""
