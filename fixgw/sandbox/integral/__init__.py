"""A server that stands for Integral's REST API: logins, signatures, orders, trades.

Made from the vendor's reference and tutorials; what neither says is marked ASSUMPTION where it
is decided. Nothing of the gateway is used here, and nothing of it may be: a server that shares
code with its client cannot catch that client's mistakes.
"""

from fixgw.sandbox import running
from fixgw.sandbox.integral.config import Settings, load, parse
from fixgw.sandbox.integral.operator_api import Operator
from fixgw.sandbox.integral.server import Server
from fixgw.sandbox.settings_file import SettingsError

Runner = running.Runner[Server]

_sandbox = running.Sandbox("integral", load, Server, Operator)
serve, run = _sandbox.serve, _sandbox.run

__all__ = ["Runner", "Settings", "SettingsError", "load", "parse", "run", "serve"]
