"""`fixgw sandbox <venue>`: a server that speaks a vendor's documented API, to try and to test."""

from pathlib import Path

import click

from fixgw.sandbox import apifiny, asmlink, broctagon, finery, integral

PORT = click.IntRange(0, 65535)
"""A greater number would be cut to 16 bits: a port that nobody asked for."""


@click.group()
def command() -> None:
    """Run a server that stands for a venue.

    It speaks the vendor's documented API over real HTTP and WebSocket.
    """


@command.command("apifiny")
@click.option("--config", type=click.Path(path_type=Path), required=True,
              help="Instruments, accounts and balances (TOML).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8710, show_default=True, help="0 takes a free one.")
def _apifiny(config: Path, host: str, port: int) -> int:
    """Apifiny Connect, with a matching engine behind it."""
    return apifiny.run(config, host, port)


@command.command("asmlink")
@click.option("--config", type=click.Path(path_type=Path), required=True,
              help="Keys, accounts and instruments (TOML).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8740, show_default=True, help="0 takes a free one.")
def _asmlink(config: Path, host: str, port: int) -> int:
    """asmlink: orders, the execution stream, webhooks."""
    return asmlink.run(config, host, port)


@command.command("broctagon")
@click.option("--config", type=click.Path(path_type=Path), required=True,
              help="The key, connections, users and accounts (TOML).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8750, show_default=True, help="0 takes a free one.")
def _broctagon(config: Path, host: str, port: int) -> int:
    """A Broctagon CRM: trading accounts, and no order."""
    return broctagon.run(config, host, port)


@command.command("finery")
@click.option("--config", type=click.Path(path_type=Path), required=True,
              help="Currencies, instruments, accounts and keys (TOML).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8720, show_default=True, help="0 takes a free one.")
def _finery(config: Path, host: str, port: int) -> int:
    """Finery Markets, with a matching engine behind it."""
    return finery.run(config, host, port)


@command.command("integral")
@click.option("--config", type=click.Path(path_type=Path), required=True,
              help="Users and currency pairs (TOML).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8730, show_default=True, help="0 takes a free one.")
def _integral(config: Path, host: str, port: int) -> int:
    """Integral: logins, signatures, orders and trades."""
    return integral.run(config, host, port)
