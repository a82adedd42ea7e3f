"""The record that survives a crash: sequence numbers, order events and outgoing messages, in one
database."""
