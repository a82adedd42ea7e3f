"""A server that stands for Finery Markets: its methods over REST and socket, its feed O, its codes.

Made from the vendor's documents and from what working clients show; what neither says is marked
ASSUMPTION where it is decided. Nothing of the gateway is used here, and nothing of it may be: a
server that shares code with its client cannot catch that client's mistakes.
"""

from fixgw.sandbox import running
from fixgw.sandbox.finery.config import Settings, load, parse
from fixgw.sandbox.finery.operator_api import Operator
from fixgw.sandbox.finery.server import Server
from fixgw.sandbox.settings_file import SettingsError

Runner = running.Runner[Server]

_sandbox = running.Sandbox("finery", load, Server, Operator)
serve, run = _sandbox.serve, _sandbox.run

__all__ = ["Runner", "Settings", "SettingsError", "load", "parse", "run", "serve"]
