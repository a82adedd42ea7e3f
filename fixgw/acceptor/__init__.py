"""The I/O shell of `fix`: sockets, limits, authentication of Logons."""
