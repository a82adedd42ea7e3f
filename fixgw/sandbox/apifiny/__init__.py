"""A server that stands for Apifiny Connect: its REST calls, streams, codes and order states.

Made from the vendor's 2021-08 manual and its 2022 clients; what neither says is marked
ASSUMPTION where it is decided. Nothing of the gateway is used here, and nothing of it may be:
a server that shares code with its client cannot catch that client's mistakes.
"""

from fixgw.sandbox.apifiny.config import Settings, SettingsError, load, parse
from fixgw.sandbox.apifiny.main import Runner, main_run, run, serve

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
