"""A server that stands for Integral's REST API: logins, signatures, orders, trades.

Made from the vendor's reference and tutorials; what neither says is marked ASSUMPTION where it
is decided. Nothing of the gateway is used here, and nothing of it may be: a server that shares
code with its client cannot catch that client's mistakes.
"""

from fixgw.sandbox.integral.config import Settings, SettingsError, load, parse
from fixgw.sandbox.integral.main import Runner, main_run, run, serve

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
