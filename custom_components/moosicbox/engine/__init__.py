"""The MoosicBox hub: a real-time music hub that knows nothing of Home Assistant."""
