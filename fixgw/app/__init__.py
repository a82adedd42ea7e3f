"""The parts of the gateway, joined: the one loop, and its construction."""
