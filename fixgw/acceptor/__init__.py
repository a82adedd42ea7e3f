"""The I/O shell of `fix`: sockets, limits, who may log on."""
