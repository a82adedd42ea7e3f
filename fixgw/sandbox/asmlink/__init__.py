"""A server that stands for asmlink: order routing, the execution stream and webhooks.

Made from the vendor's one page; what it does not say is marked ASSUMPTION where it is decided.
Nothing of the gateway is used here, and nothing of it may be: a server that shares code with its
client cannot catch that client's mistakes.
"""

from fixgw.sandbox import running
from fixgw.sandbox.asmlink.config import Settings, load, parse
from fixgw.sandbox.asmlink.operator_api import Operator
from fixgw.sandbox.asmlink.server import Server
from fixgw.sandbox.settings_file import SettingsError

Runner = running.Runner[Server]

_sandbox = running.Sandbox("asmlink", load, Server, Operator)
serve, run = _sandbox.serve, _sandbox.run

__all__ = ["Runner", "Settings", "SettingsError", "load", "parse", "run", "serve"]
