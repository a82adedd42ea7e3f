"""A server that stands for Apifiny Connect: its REST calls, streams, codes and order states.

Made from the vendor's 2021-08 manual and its 2022 clients; what neither says is marked
ASSUMPTION where it is decided. Nothing of the gateway is used here, and nothing of it may be:
a server that shares code with its client cannot catch that client's mistakes.
"""

from fixgw.sandbox import running
from fixgw.sandbox.apifiny.config import Settings, load, parse
from fixgw.sandbox.apifiny.operator_api import Operator
from fixgw.sandbox.apifiny.server import Server
from fixgw.sandbox.settings_file import SettingsError

Runner = running.Runner[Server]

_sandbox = running.Sandbox("apifiny", load, Server, Operator)
serve, run = _sandbox.serve, _sandbox.run

__all__ = ["Runner", "Settings", "SettingsError", "load", "parse", "run", "serve"]
