"""Certification of adapters: scenarios played against a sandbox over real sockets."""
