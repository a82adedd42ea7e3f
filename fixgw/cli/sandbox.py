"""`fixgw sandbox <venue>`: a server that speaks a vendor's documented API, to try and to test."""

from collections.abc import Callable
from pathlib import Path

import click

from fixgw.sandbox import apifiny, asmlink, broctagon, finery, integral

PORT = click.IntRange(0, 65535)
"""A greater number would be cut to 16 bits: a port that nobody requested."""

Run = Callable[[Path, str, int], int]
"""Serves the settings in a file, at a host and a port; returns the exit code."""


@click.group()
def command() -> None:
    """Run a server that stands in for a venue.

    It speaks the vendor's documented API over real HTTP and WebSocket.
    """


def _add(name: str, run: Run, port: int, what: str, config: str) -> None:
    @command.command(name, help=what)
    @click.option("--config", type=click.Path(path_type=Path), required=True, help=config)
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--port", type=PORT, default=port, show_default=True, help="0 takes a free one.")
    def serve(config: Path, host: str, port: int) -> int:
        return run(config, host, port)


_add("apifiny", apifiny.run, 8710, "Apifiny Connect, with a matching engine behind it.",
     "Instruments, accounts and balances (TOML).")
_add("asmlink", asmlink.run, 8740, "asmlink: orders, the execution stream, webhooks.",
     "Keys, accounts and instruments (TOML).")
_add("broctagon", broctagon.run, 8750, "A Broctagon CRM: trading accounts, and no order.",
     "The key, connections, users and accounts (TOML).")
_add("finery", finery.run, 8720, "Finery Markets, with a matching engine behind it.",
     "Currencies, instruments, accounts and keys (TOML).")
_add("integral", integral.run, 8730, "Integral: logins, signatures, orders and trades.",
     "Users and currency pairs (TOML).")
