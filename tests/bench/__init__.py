"""The benchmark: this gateway against a bare QuickFIX-in-Python echo, by `make bench`."""
