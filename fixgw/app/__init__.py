"""Where everything is joined: the one loop, and how it is put together."""
