"""Strangers and clients that mean no good, against a gateway that trades meanwhile."""
