"""Transports: WebSocket and polling over HTTP, and the gateway through which they reach a hub.

May import the hub and everything below it; nothing below imports a transport.
"""
