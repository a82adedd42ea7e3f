"""The vocabulary of the gateway: values, requests, events, effects, reports.

Imports nothing of ours, does no I/O, knows no clock. Everything here is
immutable and checked once, when it is made.
"""
