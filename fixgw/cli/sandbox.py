"""`fixgw sandbox <venue>`: a server that speaks a vendor's documented API, to try and to test."""

from pathlib import Path

import click

from fixgw.sandbox import apifiny


@click.group()
def command() -> None:
    """Run a server that stands for a venue.

    It speaks the vendor's documented API over real HTTP and WebSocket.
    """


@command.command("apifiny")
@click.option("--config", type=click.Path(path_type=Path), required=True,
              help="Instruments, accounts and balances (TOML).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8710, show_default=True, help="0 takes a free one.")
def _apifiny(config: Path, host: str, port: int) -> int:
    """Apifiny Connect, with a matching engine behind it."""
    return apifiny.run(config, host, port)
