"""What the hub does with each message: one module a concern, one method a message."""
