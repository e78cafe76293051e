"""Playing together: the hub's clock as a player knows it, and how a player keeps to a timeline. No I/O; time comes in."""
