"""Access: principals and permissions, tokens, keys, pairing codes, rate limits, the authentication strategy.

May import `protocol` and the root's basic modules (`limits`, `clock`, `signals`).
"""
