"""Several nodes as one hub: each has connections, one of them leads. See docs/cluster.md."""
