"""A server that stands for asmlink: order routing, the execution stream and webhooks.

Made from the vendor's one page; what it does not say is marked ASSUMPTION where it is decided.
Nothing of the gateway is used here, and nothing of it may be: a server that shares code with its
client cannot catch that client's mistakes.
"""

from fixgw.sandbox.asmlink.config import Settings, SettingsError, load, parse
from fixgw.sandbox.asmlink.main import Runner, main_run, run, serve

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
