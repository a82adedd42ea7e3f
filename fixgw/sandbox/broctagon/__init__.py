"""A server that stands for a Broctagon CRM: its users, their trading accounts, deposits.

Made from the vendor's pages; what they do not show is marked ASSUMPTION where it is decided.
Nothing of the gateway is used here, and nothing of it may be: a server that shares code with its
client cannot catch that client's mistakes.
"""

from fixgw.sandbox import running
from fixgw.sandbox.broctagon.config import Settings, load, parse
from fixgw.sandbox.broctagon.operator_api import Operator
from fixgw.sandbox.broctagon.server import Server
from fixgw.sandbox.settings_file import SettingsError

Runner = running.Runner[Server]

_sandbox = running.Sandbox("broctagon", load, Server, Operator)
serve, run = _sandbox.serve, _sandbox.run

__all__ = ["Runner", "Settings", "SettingsError", "load", "parse", "run", "serve"]
