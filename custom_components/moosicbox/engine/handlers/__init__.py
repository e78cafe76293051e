"""Handlers execute messages: one module per concern, one method per message.

They translate a message into calls of the domain and may import the hub and everything below it. The assembly
registers them.
"""
