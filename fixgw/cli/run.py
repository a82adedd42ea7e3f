"""`fixgw run`: the gateway, until Ctrl-C."""

import asyncio
from pathlib import Path

import click
import uvloop

from fixgw.app.run import serve
from fixgw.cli.options import sessions_option
from fixgw.runtime import logs
from fixgw.runtime.settings import read


@click.command()
@sessions_option
def command(directory: Path) -> None:
    """Run the gateway until Ctrl-C or SIGTERM."""
    settings = read(directory)
    logs.configure(settings.log.level, settings.log.format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, _ready))


def _ready(host: str, port: int) -> None:
    click.echo(f"fixgw is listening on {host}:{port}")
