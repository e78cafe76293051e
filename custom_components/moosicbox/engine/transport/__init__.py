"""How clients reach the hub."""
