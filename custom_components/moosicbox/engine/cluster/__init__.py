"""A cluster: several nodes that share one hub over Redis.

One node leads: it runs the hub, commits its changes (`leader`, `journal`, `commits`) and executes the messages of the
others (`inbox`). Every node has an `edge`, the gateway for its own clients. May import every package of the engine but
`node` and `client`.
"""
