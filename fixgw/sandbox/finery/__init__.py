"""A server that stands for Finery Markets: its methods over REST and socket, its feed O, its codes.

Made from the vendor's documents and from what working clients show; what neither says is marked
ASSUMPTION where it is decided. Nothing of the gateway is used here, and nothing of it may be: a
server that shares code with its client cannot catch that client's mistakes.
"""

from fixgw.sandbox.finery.config import Settings, SettingsError, load, parse
from fixgw.sandbox.finery.main import Runner, main_run, run, serve

__all__ = [
    "Runner",
    "Settings",
    "SettingsError",
    "load",
    "main_run",
    "parse",
    "run",
    "serve",
]
